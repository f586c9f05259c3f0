"""The parts of the documentation that are written by the code: settings, columns, answers.

pipeline/cli/reference.py adds the commands, and writes all of them.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import TypeAdapter

from pipeline.clean.lines.rules import RULE_DESCRIPTIONS
from pipeline.config import Config
from pipeline.config_file import commented_yaml, settings
from pipeline.explain.answers import ANSWERS
from pipeline.records import FLAGS, REASONS, SOURCES
from pipeline.write.columns import TABLES, columns_of

CONFIG_HEADER = """\
# Every setting with its default. `newsieve check` shows what is in force; a single one is
# changed with --set section.setting=value. This file is written by `make defaults`.

"""
SETTINGS_HEADER = """\
# Settings

A run takes one YAML file (`--config FILE`, else `newsieve.yaml`, else `configs/default.yaml`) and
any number of `--set section.setting=value`. `newsieve check --settings` prints what is in force as
such a file; every setting may be left out. All mistakes are reported at once, with their place.
`make defaults` writes this page from the code.
"""
COLUMNS_HEADER = """\
# Columns of the tables

Scripts may rely on these names, types and meanings; `!` marks columns that are never null.
null means unknown, never "" or a guess. `make defaults` writes this from the code.
"""


OTHER_RULES = {
    "headline": "Pages: a line at the head of the extraction that repeats the title.",
    "site_name": "Pages: a line at the head of the extraction that is the site's name.",
    "tagger: …": "The tagger decided; after the colon the class of the line, such as `caption`.",
    "block_model: …": "Pages: the model of blocks decided; after the colon the main evidence.",
}
"""Values of ``removed.rule`` that are no rules for lines → what they cut."""

ANSWERS_HEADER = """\
# Answers as JSON

Every command has `--format json`: one object on stdout, whose fields are listed here. Scripts may
rely on them; new ones may come. The same as JSON Schema: [json-schemas.json](json-schemas.json).
`make defaults` writes both from the code.
"""


def default_config() -> str:
    """Give configs/default.yaml."""
    return CONFIG_HEADER + commented_yaml(Config())


def setting_tables() -> str:
    """Give docs/settings.md: every setting by section, with its default."""
    sections = [SETTINGS_HEADER]
    values = Config().model_dump(mode="json")
    for section, outer in Config.model_fields.items():
        about = (outer.annotation.__doc__ or "").splitlines()[0]
        sections.append(f"\n## {section}\n\n{about}\n\n")
        sections.append("| setting | default | meaning |\n|---|---|---|\n")
        for inner, name, info in settings():
            if inner == section:
                default, about = json.dumps(values[section][name]), escaped(info.description or "")
                sections.append(f"| `{section}.{name}` | `{default}` | {about} |\n")
    return "".join(sections)


def column_tables() -> str:
    """Give docs/output.md: a table of columns for each Parquet table, and the reasons."""
    sections = [COLUMNS_HEADER]
    for table in TABLES:
        sections.append(f"\n## {table}\n\n| column | type | meaning |\n|---|---|---|\n")
        for column in columns_of(table):
            mark = "!" if column.need == "!" else ""
            kind = str(column.type).replace(" not null", "")
            sections.append(f"| {column.name}{mark} | {escaped(kind)} | {escaped(column.doc)} |\n")
    sections.append("\n## Reasons in rejects\n\n| reason | meaning |\n|---|---|\n")
    sections += [f"| {reason} | {meaning} |\n" for reason, meaning in REASONS.items()]
    for title, meanings in (
        ("Rules in removed", RULE_DESCRIPTIONS | OTHER_RULES),
        ("Sources in evidence", SOURCES),
        ("Flags", FLAGS),
    ):
        sections.append(
            f"\n## {title}\n\n| {title.split()[0].lower().rstrip('s')} | meaning |\n|---|---|\n"
        )
        sections += [f"| {value} | {meaning} |\n" for value, meaning in meanings.items()]
    return "".join(sections)


def answer_tables() -> str:
    """Give docs/json.md: what every command answers with --format json, field by field."""
    sections = [ANSWERS_HEADER]
    listed: set[str] = set()
    for verb, model in ANSWERS.items():
        schema = model.model_json_schema()
        sections.append(f"\n## {verb}\n\n{_plain(schema['description'])}\n\n{_fields(schema)}")
        for name, definition in schema.get("$defs", {}).items():
            if name not in listed:
                listed.add(name)
                description = _plain(definition["description"])
                sections.append(f"\n### {name}\n\n{description}\n\n{_fields(definition)}")
    return "".join(sections)


def answer_schemas() -> dict[str, Any]:
    """Give docs/json-schemas.json: a JSON Schema for the answer of each command."""
    return {verb: TypeAdapter(model).json_schema() for verb, model in ANSWERS.items()}


def _fields(schema: dict[str, Any]) -> str:
    rows = ["| field | type | meaning |\n|---|---|---|\n"]
    for name, field in schema["properties"].items():
        rows.append(f"| {name} | {_type(field)} | {_plain(field.get('description', ''))} |\n")
    return "".join(rows)


def _type(field: dict[str, Any]) -> str:
    """Write a type of JSON Schema in a few words.

    >>> _type({"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/Span"}}, {"type": "null"}]})
    'list of Span, or null'
    """
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return ", or ".join(map(_type, field["anyOf"]))
    if "enum" in field:
        return " ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    if field.get("type") == "object":
        inner = field.get("additionalProperties")
        return f"object of {_type(inner)}" if isinstance(inner, dict) else "object"
    return str(field.get("type", "any"))


def _plain(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def escaped(text: str) -> str:
    r"""Keep Markdown from reading signs of *text* as its own.

    >>> print(escaped("> read; *.txt | <x>"))
    \> read; \*.txt \| \<x>
    """
    return re.sub(r"([|<*]|^>|(?<=\n)>)", r"\\\1", text)

"""The pages of docs/ that are written from the code: commands, settings, columns, answers.

``make defaults`` (``python -m tests.reference``) writes them and configs/default.yaml; a test
fails if they are out of date.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import click
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from pipeline.clean.lines.rules import RULE_DESCRIPTIONS
from pipeline.cli import newsieve
from pipeline.config import Config
from pipeline.config_file import commented_yaml, settings
from pipeline.records import FLAGS, REASONS, SOURCES
from pipeline.write.columns import TABLES, columns_of

ROOT = Path(__file__).parents[1]

_TYPES: dict[str, Any] = {"Any": Any, "Literal": Literal}


class Answer(BaseModel):
    """An object of an answer."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=lambda name: name.rstrip("_"),  # copy_ and from_: Python's are taken
    )


def _model(name: str, lines: dict[str, str]) -> type[Answer]:
    about, fields = lines.pop("about"), dict[str, Any]()
    for names, line in lines.items():
        kind, _, meaning = line.partition("; ")
        kind, _, default = kind.partition(" = ")
        value = ast.literal_eval(default) if default else ...
        info = Field(value, description=meaning or None)
        fields |= dict.fromkeys(names.split(", "), (kind, info))
    return create_model(name, __base__=Answer, __doc__=about, **fields)


def _models() -> dict[str, type[Answer]]:
    table = yaml.safe_load((ROOT / "docs/answers.yaml").read_text("utf-8"))
    models = {name: _model(name, lines) for name, lines in table.items()}
    for model in models.values():
        model.model_rebuild(_types_namespace=_TYPES | models)
    return models


ANSWERS: dict[str, type[Answer]] = {
    name.lower(): model
    for name, model in _models().items()
    if (model.__doc__ or "").startswith("``newsieve")
}
"""Command → what it answers."""

COMMANDS_HEADER = """\
# Commands

`newsieve COMMAND --help` shows the same in the terminal. All commands have the same [exit
codes](exit-codes.md). `make defaults` writes this page from the code.
"""


def pages() -> dict[str, str]:
    """Give every file that is written by the code, by its path in the repository."""
    schemas = json.dumps(answer_schemas(), ensure_ascii=False, indent=1) + "\n"
    return {
        "configs/default.yaml": default_config(),
        "docs/cli.md": command_pages(),
        "docs/settings.md": setting_tables(),
        "docs/output.md": column_tables(),
        "docs/json.md": answer_tables(),
        "docs/json-schemas.json": schemas,
    }


def command_pages() -> str:
    """Give docs/cli.md: usage, description, examples and flags of every command."""
    context = newsieve.context_class(newsieve, info_name="newsieve", **newsieve.context_settings)
    page = f"{COMMANDS_HEADER}\n## Flags of all commands\n\n{_flags(newsieve, context)}"
    page += "\nThese flags work before and after the command.\n"
    for name, verb in newsieve.commands.items():
        inner = verb.context_class(verb, info_name=name, parent=context)
        usage = " ".join(verb.collect_usage_pieces(inner))
        prose, examples = _description(verb)
        page += f"\n## newsieve {name}\n\n    newsieve {name} {usage}\n\n{prose}\n"
        page += f"\n{examples}\n" if examples else ""
        page += f"\n{_flags(verb, inner)}"
    return page


def _description(verb: click.Command) -> tuple[str, str]:
    """Split the help of *verb* into prose and the commands of its example, as Markdown."""
    text = inspect.cleandoc(verb.help or "").replace("\b\n", "")
    prose, _, examples = text.partition("Example:\n")
    code = inspect.cleandoc(examples).strip()
    return escaped(prose.strip()), f"```text\n{code}\n```" if code else ""


def _flags(verb: click.Command, context: click.Context) -> str:
    options = [each for each in verb.get_params(context) if isinstance(each, click.Option)]
    records = filter(None, (option.get_help_record(context) for option in options))
    rows = ((f"`{flag.replace('|', chr(92) + '|')}`", escaped(help_)) for flag, help_ in records)
    return _table("flag | meaning", rows)


def _table(columns: str, rows: Iterable[Iterable[str]]) -> str:
    """Write a table of Markdown."""
    lines = [f"| {columns} |", "|---" * (columns.count("|") + 1) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


CONFIG_HEADER = """\
# Every setting with its default. `newsieve check` shows the settings in force; to change one, use
# --set section.setting=value. `make defaults` writes this file from the code.

"""
SETTINGS_HEADER = """\
# Settings

A run takes one YAML file (`--config FILE`, else `newsieve.yaml`, else `configs/default.yaml`) and
any number of `--set section.setting=value`. Every setting may be left out. `newsieve check
--settings` prints the settings in force as such a file. All errors are reported together, with
their location. `make defaults` writes this page from the code.
"""
COLUMNS_HEADER = """\
# Columns of the tables

Scripts may rely on these names, types and meanings. `!` marks columns that are never null. Null
means unknown; it is never replaced by "" or a guess. In lists, some readers show `element` in place
of `item`. `make defaults` writes this page.
"""


OTHER_RULES = {
    "site_repetition": "A short line that appears on many pages of the site (only in `run`).",
    "headline": "Pages: a line at the start of the extraction that repeats the title.",
    "site_name": "Pages: a line at the start of the extraction that is the site's name.",
    "tagger: …": "The tagger decided; the class of the line follows, such as `caption`.",
    "block_model: …": "Pages: the page model decided; its main evidence follows.",
}
"""Values of ``removed.rule`` outside ``RULES`` → what they cut."""

ANSWERS_HEADER = """\
# Answers as JSON

With `--format json`, every command prints one object on stdout. Scripts may rely on the fields
listed here; later versions may add fields. [json-schemas.json](json-schemas.json) has the same as
JSON Schema. `make defaults` writes both from the code.
"""


def default_config() -> str:
    """Give configs/default.yaml."""
    return CONFIG_HEADER + commented_yaml(Config())


def setting_tables() -> str:
    """Give docs/settings.md: every setting by section, with its default."""
    page, values = SETTINGS_HEADER, Config().model_dump(mode="json")
    for section, outer in Config.model_fields.items():
        about = (outer.annotation.__doc__ or "").splitlines()[0]
        rows = (
            (
                f"`{section}.{name}`",
                f"`{json.dumps(values[section][name])}`",
                escaped(info.description or ""),
            )
            for inner, _, name, info in (
                (*setting.partition("."), info) for setting, info in settings().items()
            )
            if inner == section
        )
        page += f"\n## {section}\n\n{about}\n\n{_table('setting | default | meaning', rows)}"
    return page


def column_tables() -> str:
    """Give docs/output.md: a table of columns for each Parquet table, and the reasons."""
    page = COLUMNS_HEADER
    for table in TABLES:
        rows = (
            (each.name + "!" * (each.need == "!"), escaped(_kind(each.type)), escaped(each.doc))
            for each in columns_of(table)
        )
        page += f"\n## {table}\n\n{_table('column | type | meaning', rows)}"
    for title, head, meanings in (
        ("Reasons in rejects", "reason", REASONS),
        ("Rules in removed", "rule", RULE_DESCRIPTIONS | OTHER_RULES),
        ("Sources in evidence", "source", SOURCES),
        ("Flags", "flag", FLAGS),
    ):
        page += f"\n## {title}\n\n{_table(f'{head} | meaning', meanings.items())}"
    return page


def _kind(column_type: object) -> str:
    return str(column_type).replace(" not null", "")


def answer_tables() -> str:
    """Give docs/json.md: what every command answers with --format json, field by field."""
    page, listed = ANSWERS_HEADER, set[str]()
    for verb, schema in answer_schemas().items():
        parts = {f"### {name}": part for name, part in schema.get("$defs", {}).items()}
        for title, part in {f"## {verb}": schema, **parts}.items():
            if title in listed:
                continue
            listed.add(title)
            rows = (
                (name, _type(field), _plain(field.get("description", "")))
                for name, field in part["properties"].items()
            )
            about = _plain(part["description"])
            page += f"\n{title}\n\n{about}\n\n{_table('field | type | meaning', rows)}"
    return page


def answer_schemas() -> dict[str, Any]:
    """Give docs/json-schemas.json: a JSON Schema for the answer of each command."""
    return {verb: TypeAdapter(model).json_schema() for verb, model in ANSWERS.items()}


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


if __name__ == "__main__":
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")

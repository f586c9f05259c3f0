"""The pages of docs/ that the code writes: commands, settings, columns, answers.

``make defaults`` (``python -m pipeline.cli.reference``) writes them and configs/default.yaml anew;
a test keeps them equal.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import click

from pipeline.cli import newsieve
from pipeline.explain.reference import (
    answer_schemas,
    answer_tables,
    column_tables,
    default_config,
    escaped,
    setting_tables,
)

COMMANDS_HEADER = """\
# Commands

`newsieve COMMAND --help` shows the same in the terminal; `make defaults` writes this page from the
code. The [exit codes](exit-codes.md) are the same for all commands.
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
    sections = [COMMANDS_HEADER, "\n## Flags of all commands\n\n", _flags(newsieve, context)]
    sections.append("\nThey work before and after the command.\n")
    for name, verb in newsieve.commands.items():
        inner = verb.context_class(verb, info_name=name, parent=context)
        usage = " ".join(verb.collect_usage_pieces(inner))
        prose, examples = _description(verb)
        sections.append(f"\n## newsieve {name}\n\n    newsieve {name} {usage}\n\n{prose}\n")
        sections.append(f"\n{examples}\n" if examples else "")
        sections.append(f"\n{_flags(verb, inner)}")
    return "".join(sections)


def _description(verb: click.Command) -> tuple[str, str]:
    """Split the help of *verb* into prose and the commands of its example, as Markdown."""
    text = inspect.cleandoc(verb.help or "").replace("\b\n", "")
    prose, _, examples = text.partition("Example:\n")
    code = inspect.cleandoc(examples).strip()
    return escaped(prose.strip()), f"```text\n{code}\n```" if code else ""


def _flags(verb: click.Command, context: click.Context) -> str:
    rows = ["| flag | meaning |\n|---|---|\n"]
    for parameter in verb.get_params(context):
        record = parameter.get_help_record(context)
        if record and isinstance(parameter, click.Option):
            flag, meaning = record
            rows.append(f"| `{flag.replace('|', chr(92) + '|')}` | {escaped(meaning)} |\n")
    return "".join(rows)


if __name__ == "__main__":
    for path, text in pages().items():
        Path(path).write_text(text, encoding="utf-8")

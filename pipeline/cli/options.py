"""Arguments and flags that several verbs share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import click

from pipeline.monitor.log import EventLog


@dataclass
class State:
    """What the flags before the verb say, and where its events go.

    Attributes:
        untouched: what is true of the output when a command fails.
    """

    traceback: bool = False
    untouched: str = "nothing was done"
    log: EventLog = field(default_factory=EventLog)


config_argument = click.argument(
    "config", required=False, type=click.Path(dir_okay=False, path_type=Path)
)

set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one setting, e.g. --set dedup.similarity=0.6; may be repeated.",
)

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text: for people; json: one object, for scripts.",
)


def on_one_line(text: str) -> str:
    r"""Escape what is not printable: a file may be named so as to forge lines, or to colour them.

    >>> on_one_line("tide\n\x1b[31m tables.txt")
    'tide\\n\\x1b[31m tables.txt'
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )

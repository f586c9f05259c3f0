"""Command lines of documents and units: cut out of their text and parsed, not run."""

from __future__ import annotations

import re
import shlex

import click

from pipeline.cli import newsieve
from pipeline.cli.options import State

_COMMAND = re.compile(r"(?:^|[\s`({;&=])(?:/opt/newsieve/bin/)?newsieve (?=(?P<rest>[^`\n]*))")
_END = re.compile(r"\s(?:\||&&|\|\||\d?>|#)|[;)}]")


def find_commands(text: str) -> list[str]:
    """Every ``newsieve …`` of *text*, without the program's name, up to a pipe or the like."""
    return [_END.split(found["rest"])[0].strip() for found in _COMMAND.finditer(text)]


def parse(command: str) -> None:
    """Hold a command against verbs and flags.

    Raises:
        click.ClickException: a verb or a flag does not exist, or has no such value.
    """
    words = shlex.split(command)
    try:
        with newsieve.make_context("newsieve", words, obj=State()) as context:
            rest = [*context._protected_args, *context.args]
            name, verb, arguments = newsieve.resolve_command(context, rest)
            assert verb is not None
            verb.make_context(name, arguments, parent=context)
    except click.exceptions.Exit:
        pass  # --help and --version

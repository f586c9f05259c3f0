"""What was probably meant: for verbs that do not exist, and for flags in the wrong place."""

from __future__ import annotations

import difflib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

OTHER_WORDS = {
    "help": "--help",
    "version": "--version",
    "validate": "check",
    "stats": "report",
    "status": "list",
    "runs": "list",
    "ls": "list",
    "show": "trace",
    "explain": "clean --explain",
    "dedup": "run",
    "init": "check --settings",
    "delete": "remove",
    "takedown": "remove",
    "rollback": "undo",
    "schema": "check",
}
"""What other tools call it → how it is called here."""


def unknown_verb(arguments: Sequence[str], verbs: Sequence[str]) -> str:
    """Say what *arguments*, which begin with no verb, probably mean.

    >>> unknown_verb(["runn"], ["run", "clean"])
    "No such command 'runn'; did you mean `newsieve run`?"
    """
    word = arguments[0]
    start = f"No such command {word!r}"
    if word in OTHER_WORDS:
        return f"{start}; did you mean `newsieve {OTHER_WORDS[word]}`?"
    if Path(word).exists() or "/" in word or "*" in word:
        return f"{start}; did you mean `newsieve run {shlex.join(arguments)}`?"
    near = difflib.get_close_matches(word, verbs, n=1, cutoff=0.5)
    if near:
        return f"{start}; did you mean `newsieve {near[0]}`?"
    return f"{start}; the commands are: {', '.join(verbs)}"


def hinted(error: click.ClickException, group: click.Group) -> str:
    """Return the message of *error*, with a hint where there is one of the commands of *group*."""
    message = error.format_message()
    if not isinstance(error, click.NoSuchOption) or error.possibilities:
        return message
    flag = error.option_name.lstrip("-")
    setting = _setting(flag)
    if setting:
        return f"{message} Settings have no flag: use --set {setting}=VALUE"
    at_verb = error.ctx is not None and error.ctx.command is not group
    having = [
        verb
        for verb, command in group.commands.items()
        if any(error.option_name in each.opts for each in command.params)
    ]
    if having and not at_verb:
        return f"{message} Put it after the command: newsieve {having[0]} {error.option_name} …"
    if having and len(having) <= 4:
        return f"{message} {', '.join(f'`newsieve {verb}`' for verb in having)} has it."
    return message


def _setting(flag: str) -> str | None:
    from pipeline.config_file import setting_names

    wanted = flag.replace("-", "_")
    return next(
        (name for name in setting_names() if wanted in {name, name.partition(".")[2]}), None
    )

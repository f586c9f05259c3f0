"""Arguments and flags that several commands share, and how answers are printed."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.monitor.log import EventLog
from pipeline.storage import output_place
from pipeline.text.terminal import is_harmless, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline.text.terminal import ColourChoice


@dataclass
class State:
    """The flags of ``newsieve`` itself, its log, and what to say of the output if it fails."""

    traceback: bool = False
    verbose: bool = False
    colour: ColourChoice = "auto"
    untouched: str = "nothing was done"
    log: EventLog = field(default_factory=EventLog)

    def remark(self, *messages: str) -> None:
        """Log each message as an event, escaped for a terminal."""
        for message in messages:
            self.log.event("remark", shown(message), message=message)


class WithBeamFlags(click.Command):
    """A command that passes all arguments after ``--`` to Beam, as ``beam_flags``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Cut off the Beam flags before click parses the rest."""
        end = args.index("--") if "--" in args else len(args)
        rest = super().parse_args(ctx, args[:end])
        ctx.params["beam_flags"] = tuple(args[end + 1 :])
        return rest


class OutputFolder(click.Path):
    """A path, or an address in an object store, as a ``Place``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a ``Place``."""
        place = output_place(str(value))
        if not isinstance(place, Path):
            return place
        return Path(os.fsdecode(super().convert(str(place), param, ctx)))


class Day(click.DateTime):
    """A day, as a ``date``."""

    def __init__(self) -> None:
        """Have the format in the help."""
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a ``date``."""
        found = re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)", value, re.ASCII)
        if not found:
            self.fail(f"{value!r} is not a day: write it as 2026-01-31", param, ctx)
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            self.fail(f"{value}: there is no such day", param, ctx)


output_argument = click.argument("output", type=OutputFolder(exists=True, file_okay=False))

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
    help="text: human-readable; json: one object, for scripts.",
)

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Only show what would be done; change nothing."
)


def reads_inputs(callback: Callable[..., None]) -> Callable[..., None]:
    """Add the arguments of a command that reads inputs; use it together with ``set_option``.

    *callback* is called with the effective ``config`` instead, and the ``file`` that it is from.
    """

    @click.argument("arguments", nargs=-1, metavar="[PATH]... [-- BEAM FLAGS]")
    @click.option(
        "--config",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Settings; default: newsieve.yaml, else configs/default.yaml, else the built-in ones.",
    )
    @click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="GLOB_OR_DIR",
        help="What to read, instead of input.paths; may be repeated.",
    )
    @click.option("--output", metavar="DIR", help="Folder that collects the runs (write.output).")
    @wraps(callback)
    def command(
        *args: Any,
        arguments: tuple[str, ...],
        file: Path | None,
        inputs: tuple[str, ...],
        output: str | None,
        overrides: tuple[str, ...],
        **others: Any,
    ) -> None:
        from pipeline.config_file import find_config, load_config, redirected

        named, paths = _split_paths(arguments, file)
        file = named or find_config()
        config = redirected(load_config(file, overrides), [*paths, *inputs], output)
        callback(*args, config=config, file=file, **others)

    return command


def _split_paths(arguments: tuple[str, ...], config: Path | None) -> tuple[Path | None, list[str]]:
    """Separate the configuration from the inputs: it may be a YAML file as first argument."""
    paths = list(arguments)
    if paths and re.search(r"\.ya?ml$", paths[0]):
        if config is not None:
            raise click.UsageError(f"two configurations: --config {config} and {paths[0]}")
        config = Path(paths.pop(0))
    stray = next((path for path in paths if re.search(r"\.ya?ml$", path)), None)
    if stray:
        raise click.UsageError(
            f"unexpected argument {stray}: one configuration, --config FILE; the other "
            "arguments are files and folders to read"
        )
    return config, paths


def print_answer(form: str, answer: Any, lines: Callable[[Any], Iterable[str]]) -> None:
    """Print *answer* as JSON, or as the text that *lines* makes of it, escaped for a terminal."""
    if form == "json":
        print_json(answer)
    elif text := "\n".join(lines(answer)):
        click.echo(text)


def print_json(answer: Any, indent: int | None = 1) -> None:
    r"""Print an answer as one JSON object, with characters escaped that may harm a terminal.

    >>> print_json({"title": "Café\u202e\x9b"}, None)
    {"title": "Café\u202e\u009b"}
    """
    text = json.dumps(answer, ensure_ascii=False, indent=indent)
    # Outside of strings, JSON has no unprintable characters but white space.
    odd = {char for char in set(text) if not is_harmless(char) and char != "\n"}
    for char in odd:
        text = text.replace(char, json.dumps(char)[1:-1])
    click.echo(text)

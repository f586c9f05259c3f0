"""``newsieve clean``: single documents through the cleaner, as a Unix filter."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from pipeline.cli.options import on_one_line, set_option
from pipeline.config_file import load_config
from pipeline.errors import NewsieveError
from pipeline.explain.cleaned import as_json, as_lines
from pipeline.ledger.inputs import find_inputs
from pipeline.passes.isolation import process_records
from pipeline.read import read_part
from pipeline.read.parts import Part
from pipeline.records import Rejection
from pipeline.storage import open_input

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from pipeline.config import Config
    from pipeline.records import Article, Document

STDIN = "-"


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...|-")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    show_default=True,
    help="text: the story alone; jsonl: one object a document, with its metadata.",
)
@click.option("--explain", is_flag=True, help="Show the raw lines, each kept or cut, and why.")
@set_option
def clean(paths: tuple[str, ...], form: str, explain: bool, overrides: tuple[str, ...]) -> None:
    """Clean single documents: no deduplication, no output folder.

    PATH is a file, a folder (every supported file below it) or - for standard input, which
    is taken for HTML if it begins like a page, else for text. No document's answer depends
    on another's.

    \b
    Example:
      newsieve clean --explain raw/harbour/dredging.txt
    """  # noqa: D301
    if explain and form == "jsonl":
        raise click.UsageError("--explain shows lines of text: leave out --format jsonl")
    config = load_config(None, overrides)
    fates = process_records(_records(paths, config), config)
    number = -1
    try:
        for number, (article, rejection) in enumerate(fates):
            if form == "jsonl":
                click.echo(as_json(article, rejection))
            elif explain and article is not None:
                click.echo("\n".join(as_lines(article, rejection, colour=sys.stdout.isatty())))
            else:
                _print_text(article, rejection, several=number > 0)
    except BrokenPipeError:
        raise
    except OSError as error:  # of output: what cannot be read is a rejection
        raise NewsieveError(f"cannot write the output: {error.strerror}") from error
    if number < 0:
        click.echo(on_one_line(f"no document in {', '.join(paths)}"), err=True)


def _print_text(article: Article | None, rejection: Rejection | None, *, several: bool) -> None:
    if rejection is not None:
        told = [rejection.source, rejection.reason, rejection.detail]
        click.echo(on_one_line(": ".join(filter(None, told))), err=True)
    if article is not None and article.text:
        # Two documents on one stream are told apart by a form feed, as pages are.
        click.echo(("\f\n" if several else "") + article.text)


def _records(paths: tuple[str, ...], config: Config) -> Iterator[Document | Rejection]:
    for path in paths:
        parts = [_stdin_part()] if path == STDIN else _file_parts(path)
        opener = _open_stdin if path == STDIN else open_input
        for part in parts:
            yield from cast("Iterator[Document | Rejection]", read_part(part, opener, config.input))


def _file_parts(path: str) -> list[Part]:
    inputs = find_inputs((path,))
    found = inputs.files + inputs.unreadable
    return [Part(file.path, file.source, file.suffix, final=True) for file in found]


def _stdin_part() -> Part:
    suffix = ".html" if _peek().lstrip()[:1] == b"<" else ".txt"
    return Part(STDIN, "stdin", suffix, final=True)


def _peek() -> bytes:
    return cast("BufferedReader", sys.stdin.buffer).peek(512)[:512]


def _open_stdin(_: str) -> BinaryIO:
    return BytesIO(sys.stdin.buffer.read())

"""``newsieve clean``: single documents through the cleaner, as a Unix filter."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from pipeline.cli.options import print_json, set_option
from pipeline.errors import NewsieveError
from pipeline.text.terminal import shown, shown_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from pipeline.config import Config
    from pipeline.read.parts import Part
    from pipeline.records import Article, Document, Rejection

    Fate = tuple[Article | None, Rejection | None]

STDIN = "-"


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...|-]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "jsonl"]),
    default="text",
    show_default=True,
    help="text: the story alone; jsonl: one object a document and line; json: all in one object.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Show each line, kept or cut and why; of a page also what was left out, and by whom.",
)
@set_option
def clean(paths: tuple[str, ...], form: str, explain: bool, overrides: tuple[str, ...]) -> None:
    """Clean single documents: no deduplication, no output folder.

    PATH is a file, a folder (every supported file below it) or - for standard input, which is
    also read when it is piped and no path is given. It is taken for HTML if it begins like a page,
    else for text. No document's answer depends on another's. Several documents are separated by a
    line with a form feed, and, on a terminal, by a heading each.

    Marks of --explain: blank kept, > read as metadata, - cut, x left out of the page.

    \b
    Example:
      newsieve clean raw/tarnmouth-courier/harbour-dredging.txt
      newsieve clean --explain raw/kesterby-post/ferry-strike.html
      curl -s https://example.org/ | newsieve clean --format jsonl
    """  # noqa: D301
    from pipeline.config_file import find_config, load_config
    from pipeline.passes.isolation import process_records

    if not paths:
        if sys.stdin.isatty():
            raise click.UsageError("Missing argument 'PATH...|-': name a file, a folder, or -")
        paths = (STDIN,)
    config = load_config(find_config(), overrides)
    fates = process_records(_records(paths, config), config)
    try:
        count = _print_all(fates, form, explain)
    except BrokenPipeError:
        raise
    except OSError as error:  # of output: what cannot be read is a rejection
        raise NewsieveError(f"cannot write the output: {error.strerror}") from error
    if not count:
        click.echo(shown(f"no document in {', '.join(paths)}"), err=True)


def _print_all(fates: Iterator[Fate], form: str, explain: bool) -> int:
    """Print each document; return how many there were."""
    from pipeline.explain.cleaned import as_lines, as_object

    if form == "json":
        objects = [as_object(*fate, explain=explain) for fate in fates]
        print_json({"documents": objects})
        return len(objects)
    count = printed = 0
    for count, (article, rejection) in enumerate(fates, 1):  # noqa: B007 - counted
        if form == "jsonl":
            print_json(as_object(article, rejection, explain=explain), None)
        elif explain and article is not None:
            click.echo("\n".join(["", *as_lines(article, rejection)][printed == 0 :]))
            printed += 1
        else:
            printed += _print_text(article, rejection, first=printed == 0)
    return count


def _print_text(article: Article | None, rejection: Rejection | None, *, first: bool) -> bool:
    if rejection is not None:
        told = [rejection.source, rejection.reason, rejection.detail]
        click.echo(shown(": ".join(filter(None, told))), err=True)
    if article is None or not article.text:
        return False
    if not sys.stdout.isatty():
        # Two documents on one stream are told apart by a form feed, as pages are.
        click.echo(("" if first else "\f\n") + article.text)
        return True
    head = f"── {article.document.source} ──"
    click.echo("\n".join(["" if first else "\n" + shown(head), shown_lines(article.text)]).strip())
    return True


def _records(paths: tuple[str, ...], config: Config) -> Iterator[Document | Rejection]:
    from pipeline.passes.reading import read_records
    from pipeline.read import read_part

    for path in paths:
        # No item is Unfinished: the parts are final.
        if path == STDIN:
            found = read_part(_stdin_part(), lambda _: _stdin(config), config.input)
            yield from cast("Iterator[Document | Rejection]", found)
        else:
            for part in _file_parts(path):
                yield from cast("Iterator[Document | Rejection]", read_records(part, config))


def _file_parts(path: str) -> list[Part]:
    from pipeline.ledger.inputs import find_inputs
    from pipeline.read.parts import Part

    inputs = find_inputs((path,))
    found = inputs.files + inputs.unreadable
    return [Part(file.path, file.source, file.suffix, final=True) for file in found]


def _stdin_part() -> Part:
    from pipeline.read.parts import Part

    suffix = ".html" if _peek().lstrip()[:1] == b"<" else ".txt"
    return Part(STDIN, "stdin", suffix, final=True)


def _peek() -> bytes:
    return cast("BufferedReader", sys.stdin.buffer).peek(512)[:512]


def _stdin(config: Config) -> BinaryIO:
    """Return what stdin holds, but no more than shows that it is too large."""
    return BytesIO(sys.stdin.buffer.read(config.input.max_bytes + 1))

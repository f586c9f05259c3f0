"""Commands about single documents: ``clean``, ``trace``, ``compare``."""

from __future__ import annotations

import sys
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from pipeline.cli.options import OutputFolder, format_option, print_answer, print_json, set_option
from pipeline.errors import NewsieveError
from pipeline.text.terminal import pasted, shown, shown_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from pipeline.config import Config
    from pipeline.read.parts import Part
    from pipeline.records import Article, Document, Rejection
    from pipeline.storage import Place

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
    help="text: only the story; jsonl: one object per line and document; json: one object for all.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Show each line, kept or removed, and why; for pages also what was not extracted.",
)
@set_option
def clean(paths: tuple[str, ...], form: str, explain: bool, overrides: tuple[str, ...]) -> None:
    """Clean single documents: no deduplication, no output folder.

    PATH is a file, a folder (every supported file below it), or - for standard input, which is
    HTML if it starts with <, else plain text. Without a PATH, piped input is read. Each document
    is cleaned independently. Several documents are separated by a line with a form feed; on a
    terminal, each has a heading.

    Marks of --explain: blank kept, > read as metadata, - removed, x not extracted from the page.

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
    except OSError as error:  # from writing: a failure to read is a rejection
        raise NewsieveError(f"cannot write the output: {error.strerror}") from error
    if not count:
        click.echo(shown(f"no document in {', '.join(paths)}"), err=True)


def _print_all(fates: Iterator[Fate], form: str, explain: bool) -> int:
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
        parts = [rejection.source, rejection.reason, rejection.detail]
        click.echo(shown(": ".join(filter(None, parts))), err=True)
    if article is None or not article.text:
        return False
    if not sys.stdout.isatty():
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
    from dataclasses import replace

    from pipeline.ledger.inputs import find_inputs

    inputs = find_inputs((path,))
    return [replace(file, final=True) for file in inputs.files + inputs.unreadable]


def _stdin_part() -> Part:
    from pipeline.read.parts import Part

    head = cast("BufferedReader", sys.stdin.buffer).peek(512)[:512]
    suffix = ".html" if head.lstrip()[:1] == b"<" else ".txt"
    return Part(STDIN, "stdin", suffix, final=True)


def _stdin(config: Config) -> BinaryIO:
    """Return the content of stdin, cut off where it is certainly too large."""
    return BytesIO(sys.stdin.buffer.read(config.input.max_bytes + 1))


@click.command()
@click.argument("output", type=OutputFolder(file_okay=False))
@click.argument("name", metavar="ID")
@format_option
def trace(output: Place, name: str, form: str) -> None:
    """Show what happened to one record, and why.

    It was kept as an article, removed as a duplicate of another, or rejected. Records of a run
    that a gate holds are found too, and marked.

    ID is an id, a record id, a url (in any form) or a source such as wire/2025.jsonl#3. If it
    matches several rows, e.g. versions of a page, all are shown.

    \b
    Example:
      newsieve trace output/ tarnmouth-courier/bakery-fire.txt
    """  # noqa: D301
    from pipeline.explain.lookup import Rows
    from pipeline.explain.lookup import trace as follow
    from pipeline.explain.text import as_text
    from pipeline.write.parquet import undamaged

    holds_runs = not isinstance(output, Path) or (output / "runs").is_dir()
    if not holds_runs and (Path(name) / "runs").is_dir():
        raise click.UsageError(
            f"OUTPUT comes first; did you mean `newsieve trace {pasted(name)} {pasted(output)}`?"
        )
    # The tables have names that are not UTF-8 with escapes.
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    with undamaged(output / "runs"):
        found = follow(Rows(output), name)
    print_answer(form, found, partial(as_text, "trace"))


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--output",
    type=OutputFolder(file_okay=False),
    help="Output folder in which to look up ids and count common shingles.",
)
@format_option
@set_option
def compare(a: str, b: str, output: Place | None, form: str, overrides: tuple[str, ...]) -> None:
    """Show why two documents are, or are not, near-duplicates.

    A and B are each a file with one document, a record of a larger file (wire.jsonl#3 for line
    3), or, with --output, the id, record id, url or source of a row in its tables. An existing
    file takes precedence. Files are cleaned as `newsieve clean` does.

    Shingles that few stories contain are the main evidence. They are counted in the newest
    100,000 texts of --output; without --output every shingle counts as rare.

    \b
    Example:
      newsieve compare raw/newsloom24/bakery-blaze.txt bakery-fire --output output/
    """  # noqa: D301
    from pipeline.config_file import find_config, load_config
    from pipeline.explain.compare import compare_sides, comparison_lines, load_side
    from pipeline.explain.lookup import Rows
    from pipeline.write.parquet import undamaged

    config = load_config(find_config(), overrides)
    with undamaged((output or Path()) / "runs"):
        rows = Rows(output) if output else None
        one, other = load_side(a, rows, config), load_side(b, rows, config)
        found = compare_sides(one, other, config.dedup, rows)
    print_answer(form, found, comparison_lines)

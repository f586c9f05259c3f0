"""``newsieve trace``: what became of one record."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import OutputFolder, format_option, print_json, print_lines


@click.command()
@click.argument("output", type=OutputFolder(file_okay=False))
@click.argument("name", metavar="ID")
@format_option
def trace(output: Path, name: str, form: str) -> None:
    """Tell what became of one record, and why.

    An article, a duplicate with what it is a copy of, or rejected.

    ID is an id, a record id, a url (in any form) or a source such as wire/2025.jsonl#3. Where
    it means several rows, as when a page was changed and read again, all are told.

    \b
    Example:
      newsieve trace output/ tarnmouth-courier/bakery-fire.txt
    """  # noqa: D301
    from pipeline.explain.lookup import Rows
    from pipeline.explain.trace import trace as follow
    from pipeline.explain.trace import trace_lines
    from pipeline.write.parquet import undamaged

    _check_order(output, name)
    # A name that is no UTF-8 stands in the tables with escapes.
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    with undamaged(output / "runs"):
        found = follow(Rows(output), name)
    if form == "json":
        print_json(found)
    else:
        print_lines(trace_lines(found))


def _check_order(output: Path, name: str) -> None:
    """Tell who wrote the record first what to write.

    Raises:
        click.UsageError: the second argument is the output folder, the first is not.
    """
    if not (output / "runs").is_dir() and (Path(name) / "runs").is_dir():
        raise click.UsageError(
            f"OUTPUT comes first; did you mean `newsieve trace {name} {output}`?"
        )

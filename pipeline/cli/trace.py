"""``newsieve trace``: what became of one record."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import format_option
from pipeline.write.parquet import undamaged


@click.command()
@click.argument("output", type=click.Path(file_okay=False, path_type=Path))
@click.argument("name", metavar="ID")
@format_option
def trace(output: Path, name: str, form: str) -> None:
    """Tell the fate of one record of OUTPUT: article, duplicate or rejected, and why.

    ID is an id, a record id, a url (in any form) or a source such as wire/2025.jsonl#3. Where
    it means several rows, as when a page was changed and read again, all are told.

    \b
    Example:
      newsieve trace output/ tarnmouth-courier/bakery-fire.txt
    """  # noqa: D301
    # pyarrow's datasets take a third of a second to import: only who asks pays for it.
    from pipeline.explain import trace as told  # noqa: PLC0415
    from pipeline.explain.lookup import Rows  # noqa: PLC0415

    with undamaged(output / "runs"):
        found = told.trace(Rows(output), name)
    click.echo(told.trace_json(found) if form == "json" else "\n".join(told.trace_lines(found)))

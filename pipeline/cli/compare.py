"""``newsieve compare``: why two documents are, or are not, near-duplicates."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import OutputFolder, format_option, print_json, print_lines, set_option


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--output",
    type=OutputFolder(file_okay=False),
    help="Folder of runs that ids are looked up in, and common shingles are counted in.",
)
@format_option
@set_option
def compare(a: str, b: str, output: Path | None, form: str, overrides: tuple[str, ...]) -> None:
    """Tell why two documents are, or are not, near-duplicates.

    A and B are each a file of one document, a record of a larger file (wire.jsonl#3 is the one
    in line 3), or, with --output, the id, record id, url or source of a row of its tables. What
    exists as a file is taken for one. Files are cleaned as `newsieve clean` does.

    A shingle is rare unless many stories have it. Which do is known from the texts of --output
    only (the newest 100,000); without it every shingle counts as rare.

    \b
    Example:
      newsieve compare raw/newsloom24/bakery-blaze.txt bakery-fire --output output/
    """  # noqa: D301
    from pipeline.config_file import find_config, load_config
    from pipeline.explain.compare import compare_sides
    from pipeline.explain.compared import comparison_lines
    from pipeline.explain.lookup import Rows
    from pipeline.explain.sides import load_side
    from pipeline.write.parquet import undamaged

    config = load_config(find_config(), overrides)
    with undamaged((output or Path()) / "runs"):
        rows = Rows(output) if output else None
        one, other = load_side(a, rows, config), load_side(b, rows, config)
        found = compare_sides(one, other, config.dedup, rows)
    if form == "json":
        print_json(found)
    else:
        print_lines(comparison_lines(found))

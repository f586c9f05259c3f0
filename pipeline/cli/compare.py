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
    help="Output folder in which to look up ids and count common shingles.",
)
@format_option
@set_option
def compare(a: str, b: str, output: Path | None, form: str, overrides: tuple[str, ...]) -> None:
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

"""``newsieve remove``: permanently remove texts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import dry_run_option, format_option, output_argument, print_json
from pipeline.text.terminal import shown

if TYPE_CHECKING:
    from pipeline.ledger.upkeep.remove import Fate

SUMS: dict[Fate, str] = {
    "article": "articles",
    "duplicate": "duplicates",
    "excerpt": "excerpts of rejects",
    "promoted": "copies become articles",
    "renamed": "copies with another representative",
    "relinked": "versions with another predecessor",
}


@click.command()
@output_argument
@click.option("--url", "urls", multiple=True, metavar="URL", help="A page, in any form of its url.")
@click.option("--site", "sites", multiple=True, help="All pages of a site, e.g. example.org.")
@click.option("--id", "ids", multiple=True, help="One text, by the id in its row.")
@dry_run_option
@format_option
def remove(
    output: Path,
    urls: tuple[str, ...],
    sites: tuple[str, ...],
    ids: tuple[str, ...],
    dry_run: bool,
    form: str,
) -> None:
    """Permanently remove texts from all runs of OUTPUT.

    Deletes matching rows from articles and duplicates, and excerpts from rejects. If a page is
    crawled again, it is rejected as taken_down. Copies on other sites stay; if their article is
    removed, one copy becomes the article. --url, --site and --id may be repeated. Prints one line
    per affected row: what happened to it, id, run and source. Refused while a run is held. Inputs,
    backups and logs are not touched: docs/security.md lists every place that holds text.

    \b
    Example:
      newsieve remove output/ --url https://www.example.org/2026/01/a-name --dry-run
      newsieve remove output/ --site example.org --site example.net
    """  # noqa: D301
    from pipeline.ledger.upkeep.remove import remove as take_down
    from pipeline.ledger.upkeep.takedown import requested

    found = take_down(output, requested(ids, urls, sites), dry_run=dry_run)
    sums = [f"{SUMS[fate]} {found.count(fate):,}" for fate in SUMS if found.count(fate)]
    beginning = "would take down" if dry_run else "took down"
    if not found.rows:
        kept_out = "no row; matching records will be rejected as taken_down"
        sums.append(kept_out if found.new_tombstones else "nothing: it was taken down before")
    click.echo(f"{beginning}: {' · '.join(sums)}", err=True)
    if form == "json":
        rows = [asdict(row) for row in found.rows]
        print_json({"dry_run": dry_run, "rows": rows, "new_tombstones": found.new_tombstones})
        return
    for row in found.rows:
        click.echo(shown(f"{row.fate} {row.id or '-'} {row.run_id} {row.source}"))

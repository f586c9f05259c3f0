"""Commands about the runs of an output folder: what they hold, and decisions about them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import (
    Day,
    State,
    dry_run_option,
    format_option,
    output_argument,
    print_answer,
    print_json,
)
from pipeline.text.terminal import counted, shown, wants_colour

if TYPE_CHECKING:
    from datetime import date

    from pipeline.ledger.upkeep.remove import Fate
    from pipeline.storage import Place


@click.command(name="list")
@output_argument
@click.option(
    "--files", is_flag=True, help="List the paths of the articles files instead, one per line."
)
@format_option
def list_(output: Place, files: bool, form: str) -> None:
    """List the runs of OUTPUT with their counts.

    Oldest first, with held runs at the end. --files prints the path of every articles file, one
    per line, from the manifests.

    \b
    Example:
      newsieve list output/
      newsieve list output/ --files
    """  # noqa: D301
    from pipeline.explain.runs import list_lines, list_runs, published_files

    if files:
        answer = {"files": [str(path) for path in published_files(output, "articles")]}
        print_answer(form, answer, lambda found: found["files"])
    else:
        print_answer(form, list_runs(output), list_lines)


@click.command()
@output_argument
@click.argument("run_a", metavar="RUN_A")
@click.argument("run_b", metavar="RUN_B")
@format_option
def diff(output: Place, run_a: str, run_b: str, form: str) -> None:
    """Show what changed between two runs of OUTPUT.

    Compares counts, rejects by reason, removed spans by rule, sites, settings and versions, and
    lists the records that both runs read, with both results. RUN_A and RUN_B are each a run name,
    a unique prefix, a run number, latest, or previous (the run before latest, or the only run). A
    run may be held. The folder of compacted runs has the number of the last of them, and stands
    for all of them.

    \b
    Example:
      newsieve diff output/ previous latest
      newsieve diff output/ 2026-01-31-000030 2026-01-31-000031
    """  # noqa: D301
    from pipeline.explain.runs import diff_lines, diff_runs

    found = diff_runs(output, run_a, run_b)
    print_answer(form, found, diff_lines)


@click.command()
@output_argument
@format_option
@click.pass_context
def verify(context: click.Context, output: Place, form: str) -> None:
    """Check every file of OUTPUT against the manifests.

    Lists files that are missing, truncated, changed, or in no manifest. Exits with 1 if there are
    any, else with 0. Changes nothing.

    \b
    Example:
      newsieve verify output/
    """  # noqa: D301
    from pipeline.explain.runs import verify as check
    from pipeline.explain.runs import verify_lines

    found = check(output)
    print_answer(form, found, verify_lines)
    context.exit(1 if found["problems"] else 0)


@click.command()
@output_argument
@click.argument("run", default="latest")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write one page with charts and samples instead; it needs no network.",
)
@format_option
@click.pass_obj
def report(state: State, output: Place, run: str, html: Path | None, form: str) -> None:
    """Show one run: its account, rejects, cuts, sites, languages, trend.

    RUN is a run name, a unique prefix, a run number, latest (the default), or previous (the run
    before latest). It may be held by a gate: its tables are complete. With --html, the
    page also has lengths, dates, clusters, times and samples: articles with their cuts marked and
    explained, duplicates with their differences, and rejects. Cuts are shown only while the inputs
    are where the run found them.

    \b
    Example:
      newsieve report output/
      newsieve report output/ latest --html report.html
    """  # noqa: D301
    from pipeline.explain.report.facts import gather
    from pipeline.storage import write_bytes
    from pipeline.write.parquet import undamaged

    with undamaged(output / "runs"):
        facts = gather(output, run)
        if html is None and form == "text":
            from pipeline.explain.report.tables import print_report

            colour = wants_colour(state.colour, sys.stdout)
            print_report(facts, sys.stdout, colour=colour)
            return
        if html is None:
            print_json(facts)
            return
        from pipeline.explain.report.page import gather_samples, render_page

        samples = gather_samples(output, facts["run_id"], facts["settings"])
    write_bytes(html, render_page(facts, samples).encode("utf-8", "backslashreplace"))
    answer = {"run_id": facts["run_id"], "html": str(html)}
    print_answer(form, answer, lambda found: [found["html"]])


INPUTS_UNREAD = "its inputs count as unread: the next run reads again those that still exist"


@click.command()
@output_argument
@click.argument("run")
@format_option
@click.pass_obj
def publish(state: State, output: Place, run: str, form: str) -> None:
    """Publish the held RUN of OUTPUT despite its gates.

    RUN is its name, or a unique prefix. The run is published unchanged, with one rename, and its
    manifest records that it was published by hand. It becomes part of the baseline for gates that
    compare with earlier runs; a fixed limit still applies to the next run. Refused if another run
    was published in the meantime. Prints the folder of the run. `newsieve run` works again
    afterwards.

    \b
    Example:
      newsieve publish output/ 2026-01-31-000031
    """  # noqa: D301
    from pipeline.ledger.commit import publish_held

    folder = publish_held(output, run)
    state.remark(f"published {folder.name}; further runs work again")
    answer = {"run_id": folder.name, "folder": str(folder)}
    print_answer(form, answer, lambda found: [found["folder"]])


@click.command()
@output_argument
@click.argument("run")
@format_option
@click.pass_obj
def discard(state: State, output: Place, run: str, form: str) -> None:
    """Delete the held RUN of OUTPUT, which was never published.

    RUN is its name, or a unique prefix. Its inputs count as unread: the next run reads them
    again, and is held again unless the files, the settings or the gates have changed. Prints the
    name of the run.

    \b
    Example:
      newsieve discard output/ 2026-01-31-000031
    """  # noqa: D301
    from pipeline.ledger.commit import discard_held

    name = discard_held(output, run)
    state.remark(f"discarded {name}; {INPUTS_UNREAD}")
    print_answer(form, {"run_id": name}, dict.values)


@click.command()
@output_argument
@dry_run_option
@format_option
@click.pass_obj
def undo(state: State, output: Place, dry_run: bool, form: str) -> None:
    """Undo the newest run of OUTPUT.

    One rename removes it from the collection, then its files are deleted. Its inputs count as
    unread: the next run reads again those that still exist. Repeat it to undo further runs.
    Refused while a run is held. Prints the name of the run.

    \b
    Example:
      newsieve undo output/ --dry-run
      newsieve undo output/
    """  # noqa: D301
    from pipeline.ledger.upkeep.undo import undo as undo_newest
    from pipeline.write.columns import TABLES

    taken = undo_newest(output, dry_run=dry_run)
    counts = {name: taken.counts.get(name, 0) for name in TABLES}
    sums = " · ".join(f"{name} {count:,}" for name, count in counts.items())
    verb, newest = ("would undo", "would be") if dry_run else ("undid", "is now")
    state.remark(f"{verb} {taken.run_id}: {sums}; {INPUTS_UNREAD}")
    state.remark(f"the newest run {newest} {taken.newest or 'none'}")
    answer = {"dry_run": dry_run, "run_id": taken.run_id, "counts": counts, "newest": taken.newest}
    print_answer(form, answer, lambda found: [found["run_id"]])


FATE_LABELS: dict[Fate, str] = {
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
    output: Place,
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
    sums = [
        f"{FATE_LABELS[fate]} {found.count(fate):,}" for fate in FATE_LABELS if found.count(fate)
    ]
    beginning = "would take down" if dry_run else "took down"
    if not found.rows:
        kept_out = "no row; matching records will be rejected as taken_down"
        sums.append(kept_out if found.new_tombstones else "nothing: it was taken down before")
    click.echo(f"{beginning}: {' · '.join(sums)}", err=True)
    rows = [asdict(row) for row in found.rows]
    answer = {"dry_run": dry_run, "rows": rows, "new_tombstones": found.new_tombstones}
    lines = (f"{row.fate} {row.id or '-'} {row.run_id} {row.source}" for row in found.rows)
    print_answer(form, answer, lambda _: map(shown, lines))


@click.command()
@output_argument
@click.option(
    "--before",
    type=Day(),
    help="Compact only runs before this day; default: the start of the month in which "
    "the newest run's dedup window begins.",
)
@dry_run_option
@format_option
def compact(output: Place, before: date | None, dry_run: bool, form: str) -> None:
    """Merge the files of old runs of OUTPUT into one folder per month.

    The rows stay the same, with their run_id. The folder of a month is named after its last run,
    and its manifest lists all of them. The newest run is left alone. A compacted run cannot be
    undone. Prints the names of the new folders; running it again changes nothing.

    \b
    Example:
      newsieve compact output/ --dry-run
      newsieve compact output/ --before 2026-01-01
    """  # noqa: D301
    from pipeline.ledger.upkeep.compact import compact as merge

    made = merge(output, before, dry_run=dry_run)
    verb = "would merge" if dry_run else "merged"
    for each in made:
        files = counted(each.files_before, "file")
        before_it = f"{counted(len(each.held), 'folder')} ({files})"
        after_it = f"one ({counted(each.files, 'file')}, {counted(each.rows, 'row')})"
        line = f"{each.run_id}: {verb} {before_it} into {after_it}"
        click.echo(shown(line), err=True)
    if not made:
        click.echo("nothing to compact", err=True)
    answer = {"dry_run": dry_run, "folders": [asdict(each) for each in made]}
    print_answer(form, answer, lambda found: [each["run_id"] for each in found["folders"]])

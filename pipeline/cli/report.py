"""``newsieve report``: one run for people."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli.options import State, format_option, output_argument, print_json
from pipeline.text.terminal import wants_colour


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
def report(state: State, output: Path, run: str, html: Path | None, form: str) -> None:
    """Show one run: its account, rejects, cuts, sites, languages, trend.

    RUN is its name, the beginning of it, its number, or latest (the default). The page adds
    lengths, dates, clusters and times, and samples: articles with what was cut marked and why,
    duplicates with their differences, rejects. The cuts are shown while the inputs are where the
    run found them.

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
        from pipeline.explain.report.page import render_page
        from pipeline.explain.report.samples import gather_samples

        samples = gather_samples(output, facts["run_id"], facts["settings"])
    write_bytes(html, render_page(facts, samples).encode("utf-8", "backslashreplace"))
    if form == "json":
        print_json({"run_id": facts["run_id"], "html": str(html)})
    else:
        click.echo(str(html))

"""``newsieve list``, ``diff``, ``verify``: what an output folder holds, and whether it is whole."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import format_option, output_argument, print_json, print_lines


@click.command(name="list")
@output_argument
@click.option("--files", is_flag=True, help="List the files of articles instead, a line each.")
@format_option
def list_(output: Path, files: bool, form: str) -> None:
    """List the runs of OUTPUT with their counts.

    Oldest first, with held runs at the end. --files prints the paths that a reader of all
    articles may read, as the manifests list them.

    \b
    Example:
      newsieve list output/
      newsieve list output/ --files
    """  # noqa: D301
    from pipeline.explain.runs import article_files, list_lines, list_runs

    if files:
        found = article_files(output)
        print_json({"files": found}) if form == "json" else print_lines(found)
        return
    listed = list_runs(output)
    print_json(listed) if form == "json" else print_lines(list_lines(listed))


@click.command()
@output_argument
@click.argument("run_a", metavar="RUN_A")
@click.argument("run_b", metavar="RUN_B")
@format_option
def diff(output: Path, run_a: str, run_b: str, form: str) -> None:
    """Show what changed between two runs of OUTPUT.

    Counts, rejects by reason, cuts by rule, sites, settings and versions; and the records that
    were read in both, with what became of them each time. A run is named by its name, the
    beginning of it, its number, or latest.

    \b
    Example:
      newsieve diff output/ 1 latest
    """  # noqa: D301
    from pipeline.explain.runs import diff_lines, diff_runs

    found = diff_runs(output, run_a, run_b)
    print_json(found) if form == "json" else print_lines(diff_lines(found))


@click.command()
@output_argument
@format_option
@click.pass_context
def verify(context: click.Context, output: Path, form: str) -> None:
    """Check every file of OUTPUT against the manifests.

    Names files that are missing, truncated, changed, or that no manifest lists. Exit 1 if there
    are any, 0 if all is as it was published. Nothing is changed.

    \b
    Example:
      newsieve verify output/
    """  # noqa: D301
    from pipeline.explain.verification import verify as check
    from pipeline.explain.verification import verify_lines

    found = check(output)
    print_json(found) if form == "json" else print_lines(verify_lines(found))
    context.exit(1 if found["problems"] else 0)

"""A report as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.explain.report.facts import by_family
from pipeline.text.terminal import shown_in
from pipeline.write.columns import COUNTED

ROWS = 8
BAR = 20
PARTS = 3
COLOURS = {"articles": "green", "duplicates": "cyan", "rejects": "red", "unchanged": "bright_black"}


def print_report(facts: Mapping[str, Any], stream: IO[str], *, colour: bool) -> None:
    """Print the result of ``facts.gather`` at the width of *stream*."""
    facts = shown_in(dict(facts))
    console = Console(
        file=stream,
        force_terminal=colour,
        no_color=not colour,
        highlight=False,
        markup=False,
        width=None if stream.isatty() else 100,
    )
    console.print(Text(facts["run_id"], style="bold"))
    if facts["held"]:
        console.print(Text("held by a gate, not published", style="red"))
    size = f"{facts['inputs']['bytes'] / 1e6:,.1f} MB"
    console.print(
        f"{facts['inputs']['files']:,} files, {size}, logical date {facts['logical_date']}"
    )
    console.print()
    console.print(_account(facts))
    tables = [
        _counted("rejects by reason", facts["rejects_by_reason"], "red"),
        _counted("boilerplate by rule", _families(facts["removed_by_rule"]), "bright_black"),
        _counted("languages", facts["languages"], "green"),
        _counted("duplicates by match", facts["duplicates_by_match"], "cyan"),
    ]
    console.print()
    console.print(Columns([each for each in tables if each], padding=(1, 4)))
    console.print(_sites(facts["sites"]))
    if len(facts["trend"]) > 1:
        console.print(_trend(facts["trend"]))
    failed = [gate for gate in facts["gates"] if not gate["passed"]]
    for gate in failed:
        text = f"gate failed: {gate['name']} {gate['value']:.4g}, limit {gate['limit']:.4g}"
        console.print(Text(text, style="red"))


def _table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[RenderableType]], count: int = 0
) -> Table:
    """Show *rows*; the last line tells how many of *count* are not shown."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.min_width = len(title) + 4
    table.show_header = any(columns)
    table.add_column(columns[0], overflow="fold")
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    if count > ROWS:
        table.add_row(f"… and {count - ROWS} more", *[""] * (len(columns) - 1))
    return table


def _account(facts: Mapping[str, Any]) -> RenderableType:
    counts = facts["counts"]
    whole = max(1, counts["read"])
    rows = []
    for name, style in COLOURS.items():
        share = counts[name] / whole
        bar = "█" * round(share * BAR) or ("▏" if counts[name] else "")
        rows.append(
            Text.assemble(
                f"{name:<11}", (f"{counts[name]:>9,} ", "bold"), f"{share:>6.1%}  ", (bar, style)
            )
        )
    head = Text.assemble(f"{'read':<11}", (f"{counts['read']:>9,}", "bold"))
    return Group(head, *rows)


def _counted(title: str, rows: Sequence[Mapping[str, Any]], style: str) -> Table | None:
    cells = ((each["name"] or "unknown", Text(f"{each['count']:,}", style)) for each in rows[:ROWS])
    return _table(title, ("", ""), cells, len(rows)) if rows else None


def _families(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Sum up the classes of a model in one row that names the most frequent."""
    found = by_family(rows)
    for row in found:
        most = ", ".join(part["name"] for part in row["parts"][:PARTS])
        row["name"] += f" ({most}{', …' * (len(row['parts']) > PARTS)})" if most else ""
    return found


def _sites(sites: Sequence[Mapping[str, Any]]) -> Table:
    names = ("articles", "duplicates", "rejects")
    rows = []
    for row in sites[:ROWS]:
        *counts, rejects = (f"{row[name]:,}" for name in names)
        red = Text(rejects, "red" if row["rejects"] else "")
        rows.append([row["site"] or "unknown", *counts, red])
    return _table("sites", ("site", *names), rows, len(sites))


def _trend(runs: Sequence[Mapping[str, Any]]) -> Table:
    rows = ([run["run_id"], *(f"{run[name]:,}" for name in COUNTED)] for run in runs[-ROWS:])
    return _table("runs", ("run", *COUNTED), rows)

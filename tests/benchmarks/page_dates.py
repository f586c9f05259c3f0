"""Dates of pages: how many dated pages get one, and how many of these are right.

usage: python -m tests.benchmarks.page_dates [--data DIR] [--wrong] [ARCHIVE...]

A date is right if its day, in its own offset, is that of the benchmark. ``page_days.csv`` has the
day that the page itself gives, where a benchmark was found to have another one. Its column *kind*:

- ``change``: the benchmark has the day of the last change;
- ``zone``: the day in UTC or in another zone than the page states;
- ``edition``: the day of the printed magazine, or of a post in a thread;
- ``error``: day and month exchanged, another year, or a day that the page has nowhere.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.read.encoding import decode
from pipeline.records import Document
from training.labelled_pages import unpacked

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "html"
DAYS = Path(__file__).with_name("page_days.csv")
DATED = ("fundus_tests", "htmldate_eval", "postlight_meta", "trafilatura_eval", "wcxb_article")


def day_of(payload: bytes) -> str | None:
    """The day of publication that a page gets, ISO 8601."""
    content = decode(payload, html=True).text
    document = Document("0" * 32, "page", "page", "text/html", content)
    moment = clean_document(document, CleanConfig()).date_published
    return moment.isoformat()[:10] if moment else None


def days_read() -> dict[tuple[str, str], str]:
    """The day that a page itself gives, by benchmark and id, where the benchmark has another."""
    with DAYS.open(encoding="utf-8", newline="") as file:
        return {(row["benchmark"], row["id"]): row["day"] for row in csv.DictReader(file)}


def main() -> None:
    """Print a row for each benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", nargs="*", default=DATED)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--wrong", action="store_true", help="list pages whose day is another")
    arguments = parser.parse_args()
    read = days_read()
    head = "| | dated pages | get a date | right: the benchmark's day | right: the page's day |\n"
    sys.stdout.write(head + "|---|---|---|---|---|\n")
    for name in arguments.archives:
        rows = unpacked(arguments.data / f"{name}.tar.xz")
        days = [
            (str(row["id"]), str(row["date"])[:10], day_of(page))
            for row, page in rows
            if row.get("date")
        ]
        given = [(page, want, got) for page, want, got in days if got]
        strict = sum(want == got for _, want, got in given) / max(len(given), 1)
        wrong = [each for each in given if each[2] != read.get((name, each[0]), each[1])]
        right = 1 - len(wrong) / max(len(given), 1)
        share = len(given) / max(len(days), 1)
        sys.stdout.write(f"| {name} | {len(days)} | {share:.3f} | {strict:.3f} | {right:.3f} |\n")
        for page, want, got in wrong if arguments.wrong else ():
            sys.stdout.write(f"  {page}: {got}, not {want}\n")


if __name__ == "__main__":
    main()

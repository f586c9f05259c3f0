"""Dates of pages: how many dated pages get one, and how many of these are right.

usage: python -m tests.benchmarks.page_dates [--data DIR] [ARCHIVE...]

A date is right if its day, in its own offset, is that of the benchmark.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.read.encoding import decode
from pipeline.records import Document
from training.labelled_pages import unpacked

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "html"
DATED = ("fundus_tests", "htmldate_eval", "postlight_meta", "trafilatura_eval", "wcxb_article")


def day_of(payload: bytes) -> str | None:
    """The day of publication that a page gets, ISO 8601."""
    content = decode(payload, html=True).text
    document = Document("0" * 32, "page", "page", "text/html", content)
    moment = clean_document(document, CleanConfig()).date_published
    return moment.isoformat()[:10] if moment else None


def main() -> None:
    """Print a row for each benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", nargs="*", default=DATED)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    sys.stdout.write("| | dated pages | get a date | of these right |\n|---|---|---|---|\n")
    for name in arguments.archives:
        rows = unpacked(arguments.data / f"{name}.tar.xz")
        days = [(str(row["date"])[:10], day_of(page)) for row, page in rows if row.get("date")]
        given = [(want, got) for want, got in days if got]
        right = sum(want == got for want, got in given) / max(len(given), 1)
        share = len(given) / max(len(days), 1)
        sys.stdout.write(f"| {name} | {len(days)} | {share:.3f} | {right:.3f} |\n")


if __name__ == "__main__":
    main()

"""Lines that stand on many pages of a site, held against labels: chrome, or story?

usage: python -m tests.benchmarks.site_repetition [--pages 4 6 8]

Takes the labelled pages of ../shared/data/text as plain texts with their addresses, counts their
short lines by site as a run does, and cleans the pages of sites that have enough of them with
and without knowing which lines repeat: shares of lines labelled chrome that stay, and of lines
labelled story that go.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.passes.site_lines import (
    SEEN,
    _digest,
    _distinct,
    _Page,
    _page,
    _repeated,
    _short_lines,
    repeated_in,
)
from pipeline.records import Document, identify
from pipeline.urls import site_of

DATA = Path(__file__).parents[3] / "shared" / "data" / "text"


@dataclass
class Labelled:
    """A page as a text of a known site, and the label of each of its lines."""

    document: Document
    page: _Page
    labels: dict[str, str]


def labelled_pages(rendering: str) -> Iterator[Labelled]:
    """Read the labelled pages that have an address, as rendered in one way."""
    for path in sorted(DATA.glob("*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                found = record["renders"].get(rendering)
                if not found or not record["url"]:
                    continue
                text = "\n".join(each[0] for each in found["lines"])
                id_ = identify(record["url"], text.encode())
                document = Document(
                    id=id_,
                    record_id=record["id"],
                    source=path.name,
                    media_type="text/plain",
                    content=text,
                    url=record["url"],
                    site=site_of(record["url"]),
                )
                page = _page(document)
                if page is not None:
                    labels = {each[0].strip(): each[2] for each in found["lines"]}
                    yield Labelled(document, page, labels)


def outcome(pages: Sequence[Labelled], repeated: NDArray[np.uint64]) -> Counter[str]:
    """Clean *pages*; count the lines of each label that stay, and all of them."""
    counts: Counter[str] = Counter()
    for each in pages:
        known = repeated_in(repeated, each.document)
        kept = {
            line.strip()
            for line in clean_document(each.document, CleanConfig(), known).text.split("\n")
        }
        for line, label in each.labels.items():
            counts[label] += 1
            counts[f"{label} kept"] += line in kept
    return counts


def main() -> None:
    """Count, clean with and without, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=[4, 5, 6, 8])
    parser.add_argument("--rendering", default="bs4")
    arguments = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(
            "../shared/data/text: the labelled texts are not there; nothing to measure"
        )
    found = list(labelled_pages(arguments.rendering))
    rows = [
        (_digest(each.page.site, 4), digest, _digest(each.page.name, 4))
        for each in found
        for _, digest in _short_lines(each.page)
    ]
    seen = _distinct([np.array(rows, SEEN)])
    sites = Counter(each.page.site for each in found)
    print("| pages | texts | chrome kept | the same, with | story lost | the same, with |")
    print("|---|---|---|---|---|---|")
    for pages in arguments.pages:
        large = [each for each in found if sites[each.page.site] >= pages]
        shares = []
        for repeated in (np.empty(0, np.uint64), _repeated(seen, pages)):
            counts = outcome(large, repeated)
            shares.append((counts["d kept"] / counts["d"], 1 - counts["k kept"] / counts["k"]))
        (chrome, story), (chrome_with, story_with) = shares
        print(
            f"| {pages} | {len(large)} | {chrome:.4f} | {chrome_with:.4f} | {story:.4f} "
            f"| {story_with:.4f} |"
        )


if __name__ == "__main__":
    main()

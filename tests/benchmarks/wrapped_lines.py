"""How often texts that an editor wrapped become paragraphs again, and others stay as they are.

    python -m tests.benchmarks.wrapped_lines

Labelled texts of ../shared are wrapped at 65, 72 and 80 columns, chrome and all: with empty lines
between all lines, between long ones only, and with none. A text is made whole when at most one in
twenty of the breaks that wrapping made is left.
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from pipeline.text.lines import join_wrapped, split_lines
from pipeline.text.unicode import normalize
from training.hand_renderings import filled

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "text"
COLUMNS = (65, 72, 80)
LEFT = 0.05
"""Share of the breaks made that may be left."""


def texts(data: Path) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """Each rendering of each page: its name, and lines with whether an empty one stands before."""
    for path in sorted(data.glob("*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as rows:
            for row in map(json.loads, rows):
                for name, rendering in row["renders"].items():
                    yield f"{row['id']} {name}", [(line[0], line[1]) for line in rendering["lines"]]


def wrapped(lines: list[str], columns: int, gaps: str) -> str:
    """*lines* as an editor breaks them, with empty lines between ``all``, ``long`` or ``none``."""
    parts = [filled(line, columns) for line in lines[:1]]
    for before, line in pairwise(lines):
        long = max(len(before), len(line)) > columns
        parts.append("\n\n" if gaps == "all" or (gaps == "long" and long) else "\n")
        parts.append(filled(line, columns))
    return "".join(parts)


def edges(lines: list[str]) -> set[int]:
    """Where lines end, in characters that wrapping leaves as they are."""
    found, count = set(), 0
    for line in lines:
        count += len(line.replace(" ", "").replace("-", ""))
        found.add(count)
    return found


def main() -> None:
    """Print how many are joined that were not wrapped, and of the wrapped how many are whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    found = list(texts(parser.parse_args().data))
    for name, lines in found:
        raw = "\n".join("\n" * blank + text for text, blank in lines)
        before = split_lines(raw)
        after = join_wrapped(before)
        if len(after) < len(before):
            sys.stdout.write(f"joined as it is: {name}, {len(before)} lines to {len(after)}\n")
    sys.stdout.write(f"of {len(found)} texts\n\n| columns | empty lines | texts | whole |\n")
    sys.stdout.write("|---" * 4 + "|\n")
    for columns in COLUMNS:
        for gaps in ("all", "long", "none"):
            made = [whole(lines, columns, gaps) for _, lines in found]
            told = [each for each in made if each is not None]
            share = sum(told) / len(told)
            sys.stdout.write(f"| {columns} | {gaps} | {len(told)} | {share:.3f} |\n")


def whole(lines: list[tuple[str, bool]], columns: int, gaps: str) -> bool | None:
    """Whether the wrapped text becomes its lines again; None where wrapping breaks hardly any."""
    origin = [text for text in (normalize(line) for line, _ in lines) if text]
    broken = split_lines(wrapped(origin, columns, gaps))
    breaks = len(broken) - len(origin)
    if breaks <= 3:
        return None
    left = edges([line.text for line in join_wrapped(broken)]) - edges(origin)
    return len(left) <= LEFT * breaks


if __name__ == "__main__":
    main()

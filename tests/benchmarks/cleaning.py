"""CPU of cleaning a plain text, compared with langdetect and the C4 line rules, in one process.

usage: python -m tests.benchmarks.cleaning [--texts N]

Texts are those of tests/benchmarks/texts.py, with paragraphs cut and menu lines added until a
text has 30 lines. Each figure is the least of several rounds: process CPU, in ms per text. Ratios
hold on a busy machine, the figures themselves do not.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from langdetect import DetectorFactory, detect

import tests.benchmarks.one_thread  # noqa: F401 - before numpy
from pipeline.clean import clean_document, clean_documents
from pipeline.clean.lines.cleaner import tag_pages
from pipeline.clean.lines.decide import decide
from pipeline.clean.lines.heading import read_roles
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import rule_hits
from pipeline.config import CleanConfig
from pipeline.records import Document
from tests.benchmarks.texts import CHROME, write_texts

LINES = 30
TOGETHER = 128
ROUNDS = 5
C4_END = (".", "!", "?", '"', "”")
C4_SENTENCE = re.compile(r"[^.!?]+[.!?]")
C4_WORDS = 5


def lines_of_30(count: int) -> list[str]:
    """Texts of 30 lines: a story's paragraphs, and short lines around and between them."""
    dice = random.Random(2)
    with tempfile.TemporaryDirectory() as folder:
        write_texts(Path(folder), count)
        rows = [
            json.loads(line)["text"].split("\n\n")
            for path in sorted(Path(folder).glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
        ]
    texts = []
    for lines in rows:
        menu = [
            f"{dice.choice(CHROME)} {dice.choice(lines[3].split())}"
            for _ in range(LINES - len(lines))
        ]
        half = len(menu) // 2
        texts.append("\n".join([*menu[:half], *lines, *menu[half:]]))
    return texts


def c4_lines(text: str) -> str:
    """What C4's line rules leave: lines of five words and more that end like a sentence."""
    kept = []
    for line in map(str.strip, text.split("\n")):
        low = line.lower()
        if (
            line.endswith(C4_END)
            and not line.endswith("...")
            and len(line.split()) >= C4_WORDS
            and "javascript" not in low
            and "terms of use" not in low
            and "cookie policy" not in low
        ):
            kept.append(line)
    text = "\n".join(kept)
    return text if len(C4_SENTENCE.findall(text)) >= 3 else ""


def least(task: Callable[[], object], texts: int) -> float:
    """CPU of *task*, in ms per text: the least of several rounds."""
    found = []
    for _ in range(ROUNDS):
        start = time.process_time()
        task()
        found.append(time.process_time() - start)
    return min(found) / texts * 1e3


def in_blocks(documents: Sequence[Document]) -> None:
    """Clean as a run does."""
    for start in range(0, len(documents), TOGETHER):
        clean_documents(documents[start : start + TOGETHER], CleanConfig())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=2 * TOGETHER)
    texts = lines_of_30(parser.parse_args().texts)
    documents = [
        Document(f"{i:032x}", str(i), "b.jsonl", "text/plain", text) for i, text in enumerate(texts)
    ]
    pages = [read_page(text) for text in texts]
    hits = [rule_hits(page) for page in pages]
    tags = tag_pages(pages, hits)
    headings = list(map(read_roles, pages, tags))
    DetectorFactory.seed = 0
    some = texts[:50]
    rows = {
        "newsieve, in blocks": (lambda: in_blocks(documents), texts),
        "newsieve, one by one": (
            lambda: [clean_document(each, CleanConfig()) for each in documents],
            texts,
        ),
        "  lines (read_page)": (lambda: [read_page(text) for text in texts], texts),
        "  named rules": (lambda: [rule_hits(page) for page in pages], texts),
        "  tagger, in blocks": (lambda: tag_pages(pages, hits), texts),
        "  headline, authors, dates": (lambda: list(map(read_roles, pages, tags)), texts),
        "  decision": (lambda: list(map(decide, pages, hits, tags, headings)), texts),
        "C4 line rules": (lambda: [c4_lines(text) for text in texts], texts),
        "langdetect": (lambda: [detect(text) for text in some], some),
    }
    print("| ms CPU per text of 30 lines | |\n|---|---|")
    for name, (task, what) in rows.items():
        task()
        print(f"| {name} | {least(task, len(what)):.3f} |", flush=True)


if __name__ == "__main__":
    main()

"""Baselines of cleaning plain text beside newsieve, on the labelled texts of ../shared.

usage: python -m tests.benchmarks.text_baselines [--share 0.2]

Each baseline is written anew from its published description, for lines in place of a page's
blocks. Scores are those of ../shared/bench/score_text.py: tokens kept and lost, macro over
documents, mean over renderings. **newsieve's line model is trained on these very texts, so its
figures here are in-sample**: docs/results.md has those for sites it has not seen. CPU is
that of this process, a text, all in one run; langdetect's time is there to compare with.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from time import process_time
from typing import Any

from justext import get_stoplist
from langdetect import DetectorFactory, detect

from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.records import Document
from pipeline.text.lines import split_lines
from pipeline.text.tokens import word_count

SHARED = Path(__file__).parents[2] / ".." / "shared"
Cleaner = Callable[[str], str]
COLUMNS = ("f1", "chrome removed", "body lost")

C4_END = re.compile(r"[.!?\"”]$")
C4_POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies")
GOPHER_BULLETS = ("•", "●", "-", "*", "‣", "▪")
GOPHER_ELLIPSES = ("...", "…")
JUSTEXT_SHORT, JUSTEXT_LONG = 70, 200
JUSTEXT_LISTS = ("English", "German", "French", "Spanish", "Italian", "Portuguese", "Dutch")
"""jusText's own lists of frequent words; of these the one counts that a text has most of."""
JUSTEXT_FEW, JUSTEXT_MANY = 0.30, 0.32
BTE_WORD, BTE_OTHER = 1.0, -8.0
"""A word of a line that ends as a sentence, and any other line, in the largest block of prose."""


def keep_all(text: str) -> str:
    """Nothing is cut."""
    return text


def c4(text: str) -> str:
    """Rules of Raffel et al. 2020, sec. 2.2, for lines: an end mark, five words, no policy.

    Curly quotes count as end marks.
    """
    kept = [
        line
        for line in text.split("\n")
        if C4_END.search(line.rstrip())
        and not line.rstrip().endswith("...")
        and len(line.split()) >= 5
        and "javascript" not in line.lower()
        and not any(phrase in line.lower() for phrase in C4_POLICY)
    ]
    return "\n".join(kept)


def gopher(text: str) -> str:
    """Rules of Rae et al. 2021, app. A.1, for lines: no bullet, no ellipsis, no line twice.

    Four words of five have letters. Theirs refuse whole documents by the share of such lines.
    """
    kept: list[str] = []
    seen: set[str] = set()
    for raw in text.split("\n"):
        line = raw.strip()
        words = line.split()
        lettered = sum(any(map(str.isalpha, word)) for word in words)
        odd = line.startswith(GOPHER_BULLETS) or line.endswith(GOPHER_ELLIPSES)
        if words and not odd and line not in seen and lettered >= 0.8 * len(words):
            kept.append(line)
        seen.add(line)
    return "\n".join(kept)


def justext(text: str) -> str:
    """Length and frequent words of Pomikálek 2011, ch. 4, without links, which a text has not.

    Lines are good, near-good, short or bad, and doubtful ones follow their neighbours.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    words = text.casefold().split()
    stop = max(_stop_lists(), key=lambda each: sum(word in each for word in words))
    classes = [_justext_class(line, stop) for line in lines]
    sure = [index for index, name in enumerate(classes) if name in {"good", "bad"}]
    kept = []
    for index, line in enumerate(lines):
        before = next((classes[i] for i in reversed(sure) if i < index), "bad")
        behind = next((classes[i] for i in sure if i > index), "bad")
        near = classes[index] == "near" and "good" in {before, behind}
        short = classes[index] == "short" and before == behind == "good"
        if classes[index] == "good" or near or short:
            kept.append(line)
    return "\n".join(kept)


@cache
def _stop_lists() -> tuple[frozenset[str], ...]:
    return tuple(map(get_stoplist, JUSTEXT_LISTS))


def _justext_class(line: str, stop: frozenset[str]) -> str:
    words = line.casefold().split()
    share = sum(word in stop for word in words) / max(1, len(words))
    if len(line) < JUSTEXT_SHORT:
        return "short"
    if share >= JUSTEXT_MANY:
        return "good" if len(line) > JUSTEXT_LONG else "near"
    return "near" if share >= JUSTEXT_FEW else "bad"


def bte(text: str) -> str:
    """The largest block of prose: the run of lines of Finn, Kushmerick and Smyth 2001.

    Words of sentences are their words, and all other lines are their tags.
    """
    lines = [line.text for line in split_lines(text)]
    best = total = 0.0
    start = begin = end = 0
    for index, line in enumerate(lines):
        prose = line[-1] in '.!?"”。」' and len(line) >= 40
        total += BTE_WORD * word_count(line) if prose else BTE_OTHER
        if total <= 0:
            total, begin = 0.0, index + 1
        elif total > best:
            best, start, end = total, begin, index + 1
    return "\n".join(lines[start:end])


def newsieve(text: str) -> str:
    """The cleaner of this repository, in its default mode."""
    document = Document("0" * 32, "text", "text", "text/plain", text)
    return clean_document(document, CleanConfig()).text


CLEANERS: dict[str, Cleaner] = {
    "keep all": keep_all,
    "Gopher rules": gopher,
    "jusText": justext,
    "C4 rules": c4,
    "BTE": bte,
    "newsieve (in-sample)": newsieve,
}


def languages(paths: Iterable[Path]) -> dict[str, str]:
    """Record id → ``en``, ``de``, ``CJK`` or ``other``."""
    import json  # noqa: PLC0415
    import lzma  # noqa: PLC0415

    found = {}
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as rows:
            for row in map(json.loads, rows):
                tag = (row.get("lang") or "")[:2]
                asian = "CJK" if tag in {"zh", "ja", "ko"} else "other"
                found[str(row["id"])] = tag if tag in {"en", "de"} else asian
    return found


def rows_of(results: dict[str, list[tuple[str, str, str, Any]]], bench: Any) -> Iterable[str]:
    """The lines of the table: cleaner by group of renderings, language and rendering."""
    groups = {"full": bench.FULL, "half": bench.HALF}
    for group, names in groups.items():
        for part in ("all", "en", "de", "other", "CJK", *names):
            if not any(part in {"all", r, tag} for r, tag, *_ in next(iter(results.values()))):
                continue
            yield f"\n{group}, {part}".ljust(28) + "".join(f"{c:>16}" for c in COLUMNS)
            for cleaner, found in results.items():
                by = defaultdict(list)
                for render, language, _, score in found:
                    if render in names and part in {"all", render, language}:
                        by[render].append(score)
                if by:
                    yield f"  {cleaner:<25}" + "".join(f"{n:>16.3f}" for n in means(by, bench))


def means(by: dict[str, list[Any]], bench: Any) -> tuple[float, float, float]:
    """F1, chrome removed and body lost: macro over documents, then mean over renderings."""
    columns = [
        [bench.mean(x for x in column if x is not None) for column in zip(*scores, strict=True)]
        for scores in by.values()
    ]
    _, _, f1, chrome, lost = (bench.mean(column) for column in zip(*columns, strict=True))
    return f1, chrome, lost


def sampled(key: str, share: float) -> bool:
    """Whether a page, all of its renderings, is in the sample: the same pages every time."""
    digest = blake2b(key.split("|", maxsplit=1)[0].encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") < share * 2**32


def main() -> None:
    """Score every cleaner on the same texts, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the pages; default: all")
    share = parser.parse_args().share
    paths = sorted((SHARED / "data" / "text").glob("*.jsonl.xz"))
    if not paths:
        print("skipped: the labelled texts are not beside the repository (../shared/data/text)")
        return
    sys.path.insert(0, str(SHARED / "bench"))
    import score_text as bench  # type: ignore[import-not-found]  # noqa: PLC0415

    tags = languages(paths)
    texts = [each for each in bench.documents(map(str, paths)) if sampled(each[0], share)]
    print(f"{len(texts):,} texts of {len({each[0].split('|')[0] for each in texts}):,} pages")
    results: dict[str, list[tuple[str, str, str, Any]]] = {}
    for name, cleaner in CLEANERS.items():
        cleaner(texts[0][1])
        before = process_time()
        cleaned = [cleaner(text) for _, text, *_ in texts]
        spent = (process_time() - before) / len(texts)
        print(f"{name:<25}{1e3 * spent:8.3f} ms CPU a text", flush=True)
        results[name] = [
            (render, tags[key.split("|", maxsplit=1)[0]], key, bench.score_lines(lines, out))
            for (key, _, lines, render, _), out in zip(texts, cleaned, strict=True)
        ]
    DetectorFactory.seed = 0
    before = process_time()
    few = [
        text for _, text, *_ in texts[:: max(1, len(texts) // 50)] if any(map(str.isalpha, text))
    ]
    for text in few:
        detect(text)
    print(f"{'langdetect':<25}{1e3 * (process_time() - before) / len(few):8.3f} ms CPU a text")
    print("\n".join(rows_of(results, bench)))


if __name__ == "__main__":
    main()

"""What there is to look at in a run: cuts in articles, differences between copies, rejects."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import Any

import pyarrow.compute as pc

from pipeline.config import Config
from pipeline.errors import NewsieveError
from pipeline.explain.lookup import Rows, plain, read_columns
from pipeline.ledger.inputs import find_inputs
from pipeline.passes.isolation import process_records
from pipeline.read import read_part
from pipeline.read.parts import Part
from pipeline.records import REASONS, Document
from pipeline.storage import Place, open_input, place_of

ARTICLES = 12
PAIRS = 12
REJECTS_OF_A_REASON = 4
REJECTS = 40
MOST_CHARS = 20_000
"""Of a text that is shown."""
MOST_WORDS = 1_500
"""Of each of two texts that are compared word by word."""
CONTEXT_WORDS = 12
"""Words shown on both sides of a difference."""
MOST_BYTES = 200_000_000
"""Size up to which a file is read again to show what was cut."""


def gather_samples(output: Place, run_id: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what is worth a look in the run *run_id*: the same choice every time.

    Args:
        settings: of the run, as its manifest has them: they say where the inputs are.
    """
    rows = Rows(output)
    folder = next(run.folder for run in rows.runs if run.run_id == run_id)
    return {
        "articles": _articles(folder, rows, settings),
        "pairs": list(_pairs(folder, rows)),
        "rejects": _rejects(folder),
    }


def _articles(folder: Place, rows: Rows, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Show those with most cuts, and as many others: the first by their ids, which is chance."""
    found = read_columns(folder, "articles", ("id", "removed"))
    cuts = pc.list_value_length(found["removed"]).to_pylist()
    ids = found["id"].to_pylist()
    most = [id_ for _, id_ in sorted(zip(cuts, ids, strict=True), key=lambda x: (-x[0], x[1]))]
    chosen = list(dict.fromkeys([*most[: ARTICLES // 2], *sorted(ids)]))[:ARTICLES]
    values = [row.values for id_ in chosen for row in rows.named(id_, text=True)[:1]]
    seen = seen_texts([(each["source"], each["id"]) for each in values], settings)
    return [_article(each, seen.get(each["id"])) for each in values]


def _article(row: Mapping[str, Any], seen: str | None) -> dict[str, Any]:
    names = ("id", "title", "site", "url", "source", "language", "word_count", "extractor")
    return {name: row[name] for name in names} | {
        "authors": list(row["authors"]),
        "date_published": plain(row["date_published"]),
        "rules": sorted({span["rule"] for span in row["removed"]}),
        "segments": segments(seen, row["removed"], row["evidence"]) if seen else None,
        "text": row["text"][:MOST_CHARS],
    }


def segments(
    seen: str, removed: Iterable[Mapping[str, Any]], evidence: Iterable[Mapping[str, Any]]
) -> list[dict[str, str | None]]:
    r"""Part a text into what was kept, what was cut and what was read as metadata.

    Args:
        seen: the text that spans refer to.
        removed, evidence: as in the columns of these names.

    >>> segments("Share\nBy Ann\nIt rained.", [{"start": 0, "end": 6, "rule": "share"}], []
    ... )  # doctest: +ELLIPSIS
    [{'kind': 'cut', 'why': 'share', 'text': 'Share\n'}, {'kind': 'kept', ...}]
    """
    marks = [(span["start"], span["end"], "cut", span["rule"]) for span in removed]
    marks += [
        (each["start"], each["end"], "taken", each["field"])
        for each in evidence
        if each["start"] is not None and each["field"] != "dateline"
    ]
    edges = sorted({0, len(seen), *(edge for mark in marks for edge in mark[:2])})
    found: list[dict[str, str | None]] = []
    for start, end in pairwise(edges):
        over = [mark for mark in marks if mark[0] <= start and end <= mark[1]]
        kinds = {mark[2] for mark in over}
        kind = "cut" if "cut" in kinds else "taken" if kinds else "kept"
        why = ", ".join(dict.fromkeys(mark[3] for mark in over if mark[2] == kind)) or None
        if found and found[-1]["kind"] == kind and found[-1]["why"] == why:
            found[-1]["text"] = f"{found[-1]['text']}{seen[start:end]}"
        else:
            found.append({"kind": kind, "why": why, "text": seen[start:end]})
        if end >= MOST_CHARS:
            break
    return found


def seen_texts(wanted: Sequence[tuple[str, str]], settings: Mapping[str, Any]) -> dict[str, str]:
    """Read records again, to show what was cut from them: id → the text that spans refer to.

    What is not there any more, or has changed, is left out.

    Args:
        wanted: (source, id) of records.
        settings: of their run.
    """
    try:
        config = Config.model_validate(settings)
    except ValueError:
        config = Config()  # settings of another version
    documents = []
    for part, sources in _parts_of({source for source, _ in wanted}, settings):
        ids = {id_ for source, id_ in wanted if source in sources}
        left = len(ids)
        for record in read_part(part, open_input, config.input):
            if isinstance(record, Document) and record.id in ids:
                documents.append(record)
                left -= 1
            if not left:
                break
    found = {}
    for article, _ in process_records(documents, config):
        if article is not None:
            found[article.document.id] = article.seen_text
    return found


def _parts_of(
    sources: Iterable[str], settings: Mapping[str, Any]
) -> Iterator[tuple[Part, set[str]]]:
    """Give the files that hold *sources*, as far as they are still where the run found them."""
    files: dict[str, Any] = {}
    for pattern in (settings.get("input") or {}).get("paths", ()):
        try:
            found = find_inputs((pattern,))
        except (NewsieveError, OSError):
            continue
        files |= {file.source: file for file in found.files}
    held: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        held[source if source in files else source.rpartition("#")[0]].add(source)
    for name in sorted(held.keys() & files.keys()):
        file = files[name]
        path = place_of(file.path)
        if path.is_file() and path.stat().st_size <= MOST_BYTES:
            yield Part(file.path, name, file.suffix, final=True), held[name]


def _pairs(folder: Place, rows: Rows) -> Iterator[dict[str, Any]]:
    """Show the copies that are least alike, and as many others."""
    columns = ("id", "match", "similarity")
    found = read_columns(folder, "duplicates", columns).to_pylist()
    near = [each for each in found if each["match"] != "exact"]
    least = [e["id"] for e in sorted(near, key=lambda e: (e["similarity"] or 0, e["id"]))]
    others = sorted(each["id"] for each in found)
    for id_ in list(dict.fromkeys([*least[: PAIRS // 2], *others]))[:PAIRS]:
        copy = next((row for row in rows.named(id_, text=True) if row.table == "duplicates"), None)
        if copy is None:
            continue
        kept = rows.named(copy.values["representative_id"], text=True)
        if kept:
            yield _pair(copy.values, kept[0].values)


def _pair(copy: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "title", "site", "url", "source", "word_count", "run_id")
    return {
        "left_out": {name: copy[name] for name in names},
        "kept": {name: kept[name] for name in names},
        "match": copy["match"],
        "similarity": copy["similarity"],
        "containment": copy["containment"],
        "evidence": {each["part"]: each["value"] for each in copy["evidence"] or ()},
        "differences": differences(kept["text"], copy["text"]),
    }


def differences(kept: str, copy: str) -> list[dict[str, str]]:
    """Compare two texts word by word: what both have, and what only one has.

    Long stretches that both have are shortened to their ends.

    >>> for each in differences("It rained on Monday in Ely.", "It rained on Sunday in Ely."):
    ...     print(each["kind"], each["text"])
    both It rained on
    kept Monday
    copy Sunday
    both in Ely.
    """
    one, other = (list(islice(text.split(), MOST_WORDS)) for text in (kept, copy))
    found: list[dict[str, str]] = []
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for tag, start, end, begin, stop in matcher.get_opcodes():
        if tag == "equal":
            found.append({"kind": "both", "text": _shortened(one[start:end])})
            continue
        if end > start:
            found.append({"kind": "kept", "text": " ".join(one[start:end])})
        if stop > begin:
            found.append({"kind": "copy", "text": " ".join(other[begin:stop])})
    return found


def _shortened(words: list[str]) -> str:
    left_out = len(words) - 2 * CONTEXT_WORDS
    if left_out < CONTEXT_WORDS:
        return " ".join(words)
    first, last = words[:CONTEXT_WORDS], words[-CONTEXT_WORDS:]
    return f"{' '.join(first)} [… {left_out:,} words …] {' '.join(last)}"


def _rejects(folder: Place) -> list[dict[str, Any]]:
    columns = ("reason", "stage", "kind", "source", "url", "site", "detail", "excerpt")
    of_reason: dict[str, int] = defaultdict(int)
    found: list[dict[str, Any]] = []
    for row in read_columns(folder, "rejects", columns).to_pylist():
        of_reason[row["reason"]] += 1
        if of_reason[row["reason"]] <= REJECTS_OF_A_REASON and len(found) < REJECTS:
            found.append(row | {"meaning": REASONS.get(row["reason"], "")})
    return found

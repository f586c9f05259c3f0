"""Nouns for tests: valid as they come, each field changed by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.dedup.steps.layouts import THIS_RUN, VERDICT
from pipeline.read.parts import Block, Part
from pipeline.records import Article, Document, Rejection, identify
from pipeline.staging import RunName, Staging

STORY = "The old ferry left Marrow Quay at noon.\n\nIt carried nine cars and a brass band."
RUN = RunName("2026-01-01-000001-0badcafe", date(2026, 1, 1))


def story(number: int = 0, words: int = 60) -> str:
    """Invent a text of *words* words that shares no shingle with one of another number."""
    return " ".join(f"w{number}x{place}" for place in range(words)) + "."


def document(content: str = STORY, **fields: Any) -> Document:
    """A plain text with *content*; its id follows from content and source."""
    source = fields.pop("source", "a.txt")
    known = {"record_id": Path(source).stem, "media_type": "text/plain"} | fields
    known.setdefault("id", identify(source, content.encode("utf-8", "surrogatepass")))
    return Document(source=source, content=content, **known)


def article(text: str = STORY, *, found: Document | None = None, **fields: Any) -> Article:
    """An article with this *text*, of a document that held nothing else."""
    found = found or document(text)
    known = {"extractor": "lines", "raw_char_count": len(found.content)} | fields
    return Article(found, text, **known)


def rejection(**fields: Any) -> Rejection:
    """A record that was judged and not wanted."""
    known = {"source": "b.txt", "stage": "judge", "kind": "filtered", "reason": "too_short"}
    return Rejection(**known | fields)


def staging(folder: Path) -> Staging:
    """A staging folder, ready for its first block."""
    found = Staging(str(folder / "staging"))
    found.block_file(0, "").parent.mkdir(parents=True)
    return found


def block(folder: Path, files: dict[str, bytes], index: int = 0) -> Block:
    """A block that reads *files*, written below *folder* first."""
    parts = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        parts.append(Part(str(path), name, path.suffix))
    return Block(index, tuple(parts))


def verdict(row: int, representative: Document, **fields: Any) -> np.ndarray:
    """One record of dtype VERDICT: the article in *row* is a copy of *representative*."""
    found = np.zeros(1, VERDICT)
    found["row"], found["representative_run"] = row, THIS_RUN
    for name in ("representative_id", "cluster_id"):
        found[name] = np.frombuffer(bytes.fromhex(representative.id), np.uint8)
    for name, value in fields.items():
        found[name] = value
    return found

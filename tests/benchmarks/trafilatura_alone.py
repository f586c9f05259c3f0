"""trafilatura with its defaults behind the face of ``newsieve clean``: a baseline for the scorers.

usage: python tests/benchmarks/trafilatura_alone.py clean --format jsonl FOLDER

One JSON object per page on stdout: record_id, text, title, authors, date_published.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from trafilatura import bare_extraction


def page(path: Path) -> dict[str, object]:
    """Extract one page, text and metadata, without comments and without deduplication."""
    found = bare_extraction(
        path.read_bytes(), with_metadata=True, include_comments=False, deduplicate=False
    )
    return {
        "record_id": path.stem,
        "text": (found.text or "") if found else "",
        "title": found.title if found else None,
        "authors": found.author if found else None,
        "date_published": found.date if found else None,
    }


for file in sorted(Path(sys.argv[-1]).rglob("*.htm*")):
    print(json.dumps(page(file), ensure_ascii=False))

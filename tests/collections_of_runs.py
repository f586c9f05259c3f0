"""Collections for tests of what changes runs: fed day by day, and held to what must be true."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import runs
from factories import story
from runs import configured, rows

from pipeline.job import run_job
from pipeline.write.columns import schema

FIRST = date(2026, 1, 1)


def page(number: int, family: int, site: str = "a", version: int = 0, **more: Any) -> dict:
    """A record: a copy of the story of *family*, with a word that no other record has."""
    text = " ".join(story(family, 140).split()[: 140 - 2 * (number % 7)])
    opening = f"{marker(number, family, site, version)} opens."
    return {"url": f"https://{site}.example/{number}", "text": f"{opening} {text}"} | more


def marker(number: int, family: int, site: str = "a", version: int = 0) -> str:
    """The word of that record."""
    return f"Marker{number}{site}{family}zq{version}"


def feed(folder: Path, name: str, *records: dict[str, Any]) -> None:
    """Put a file of records into the inputs below *folder*."""
    (folder / "in").mkdir(exist_ok=True)
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "in" / f"{name}.jsonl").write_text(lines, encoding="utf-8")


def run_on(folder: Path, day: int, **settings: Any) -> Any:
    """Run on the inputs below *folder*, so many days after the first; give what was published."""
    config = configured(folder / "in", folder / "out", **settings)
    return run_job(config, FIRST + timedelta(day), runs.in_loop).published


def manifests(output: Path) -> list[dict[str, Any]]:
    """The manifests of all folders of runs, by name."""
    found = sorted((output / "runs").glob("*/manifest.json"))
    return [json.loads(path.read_bytes()) for path in found]


def contents(output: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows by table, in the order of runs and ids; null where a run has no such column yet."""
    return {
        name: sorted(
            (dict.fromkeys(schema(name).names) | row for row in rows(output, name)),
            key=lambda row: (row["run_id"], row["source"]),
        )
        for name in ("articles", "duplicates", "rejects")
    }


def words_below(output: Path) -> str:
    """Everything that is written below *output*, unpacked, as one text."""
    told = []
    for path in sorted(output.rglob("*")):
        if path.suffix == ".parquet":
            told.append(repr(pq.ParquetFile(path).read().to_pylist()))
        if path.is_file():
            told.append(path.read_bytes().decode("latin-1"))
    return "\n".join(told)


def check(output: Path) -> None:
    """Hold a collection to what is true of every one, whatever was done to it."""
    articles = rows(output, "articles")
    kept = {(row["id"], row["run_id"]) for row in articles}
    for row in rows(output, "duplicates"):
        assert (row["representative_id"], row["representative_run_id"]) in kept
    ids = {row["id"] for row in articles}
    for row in articles:
        assert row["revision_of"] is None or row["revision_of"] in ids
    for folder in sorted((output / "runs").glob("*/")):
        check_account(folder)


def check_account(folder: Path) -> None:
    """Counts of a manifest, less what its receipts say, are the rows; its files are these."""
    told = json.loads((folder / "manifest.json").read_bytes())
    found = {each["path"]: each["blake2b"] for each in told["files"]}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.parquet")}
    assert found == {
        name: hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        for name, path in there.items()
    }
    present: Counter[str] = Counter()
    for name, path in there.items():
        present[name.split("/")[0]] += pq.read_metadata(path).num_rows
    gone: Counter[str] = Counter()
    for receipt in told.get("removed") or ():
        gone.update({name: n for name, n in receipt.items() if isinstance(n, int)})
    counts = told["counts"]
    assert present["articles"] == counts["articles"] - gone["articles"] + gone["promoted"]
    assert present["duplicates"] == counts["duplicates"] - gone["duplicates"] - gone["promoted"]
    assert present["rejects"] == counts["rejects"]
    written = present["articles"] + present["duplicates"] + present["rejects"]
    removed = gone["articles"] + gone["duplicates"]
    assert counts["read"] == written + counts["unchanged"] + removed

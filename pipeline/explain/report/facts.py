"""The counts of a report, from the manifest of a run and the columns of its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.explain.account import most_first
from pipeline.explain.lookup import read_columns
from pipeline.explain.runs import COUNTED_BY, find_run, list_runs
from pipeline.ledger.commit import check_output
from pipeline.ledger.history import CommittedRun, read_manifest
from pipeline.ledger.log import HELD
from pipeline.records import REASONS
from pipeline.storage import Place
from pipeline.write.columns import COUNTED, TABLES, Table

WORD_STEPS = (0, 50, 100, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000)
"""Lower bounds of the bins of lengths, in words; the last bin has no upper bound."""
SIMILARITY_STEPS = tuple(tenth / 20 for tenth in range(20))
LARGEST_CLUSTER_BIN = 10
MANY_DAYS = 62
"""Maximum days between first and last publication for bins of a day; beyond, bins are months."""
BINS_OF_DATES = 36
RUNS_IN_TREND = 60
SITES = 500
"""Maximum sites listed; the rest are counted together."""


def gather(output: Place, name: str) -> dict[str, Any]:
    """Gather the facts about the run *name* of *output*; return an object ready for JSON.

    Raises:
        UsageError: there is no such run.
        NewsieveError: a manifest or a table is damaged.
    """
    check_output(output)
    run = find_run(output, name)
    held = run.folder.parent.name == HELD
    manifest = read_manifest(run.folder)
    counts = manifest["counts"]
    timings = manifest.get("timings") or {}
    tables = {table: read_columns(run.folder, table, _COLUMNS[table]) for table in TABLES}
    named = {name: _named(counts.get(name, {})) for name in COUNTED_BY}
    for each in named["rejects_by_reason"]:
        each["meaning"] = REASONS.get(each["name"], "")
    return {
        "output": str(output),
        "run_id": run.run_id,
        **{name: manifest[name] for name in ("sequence", "parent", "logical_date")},
        "published_at": None if held else manifest.get("published_at"),
        "held": held,
        **{name: manifest[name] for name in ("newsieve", "inputs")},
        "counts": {name: value for name, value in counts.items() if not isinstance(value, dict)},
        **named,
        "flags": _named(_values(tables["articles"]["flags"])),
        "languages": _named(_values(tables["articles"]["language"])),
        "sites": _sites(tables),
        "words": _histogram(tables["articles"]["word_count"], WORD_STEPS),
        "dates": _dates(tables["articles"]["date_published"]),
        "cluster_sizes": _cluster_sizes(tables),
        "similarity": _histogram(tables["duplicates"]["similarity"], SIMILARITY_STEPS),
        "seconds": timings.get("seconds"),
        "stages": [{"name": n, "seconds": s} for n, s in (timings.get("stages") or {}).items()],
        "cpu": [{"name": n, "seconds": s} for n, s in (timings.get("cpu_seconds") or {}).items()],
        "gates": [{"name": name, **gate} for name, gate in manifest.get("gates", {}).items()],
        "alarm_clusters": manifest.get("alarm_clusters") or [],
        "trend": _trend(output, run),
        "settings": manifest.get("config") or {},
    }


_COLUMNS: dict[Table, tuple[str, ...]] = {
    "articles": ("site", "language", "flags", "word_count", "date_published", "cluster_id"),
    "duplicates": ("site", "similarity", "cluster_id"),
    "rejects": ("site", "reason"),
}


def _named(counts: Mapping[Any, int]) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in most_first(counts)]


def by_family(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Sum up names such as ``tagger: caption`` by the part before the colon.

    Returns:
        Rows with name, count and ``parts``, largest first. Parts are the rows that were summed up,
        named by what follows the colon; a name without a colon has none.
    """
    families: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        family, colon, part = (row["name"] or "").partition(": ")
        here = families.setdefault(family, [])
        here.append({"name": part if colon else None, "count": row["count"]})
    found = [
        {
            "name": family,
            "count": sum(each["count"] for each in rows_),
            "parts": [each for each in rows_ if each["name"]],
        }
        for family, rows_ in families.items()
    ]
    return sorted(found, key=lambda row: (-row["count"], row["name"]))


def _values(column: pa.ChunkedArray) -> dict[Any, int]:
    if pa.types.is_list(column.type):
        column = pc.list_flatten(column)
    counted = pc.value_counts(column).to_pylist()
    return {each["values"]: each["counts"] for each in counted}


def _sites(tables: Mapping[Table, pa.Table]) -> list[dict[str, Any]]:
    counted = {table: _values(found["site"]) for table, found in tables.items()}
    total = sum(map(Counter, counted.values()), Counter[str | None]())
    ordered = most_first(total)
    listed: list[dict[str, Any]] = [
        {"site": site, **{str(table): counted[table].get(site, 0) for table in TABLES}}
        for site, _ in ordered[:SITES]
    ]
    if rest := [site for site, _ in ordered[SITES:]]:
        others = {str(table): sum(counted[table].get(x, 0) for x in rest) for table in TABLES}
        listed.append({"site": f"{len(rest):,} more", **others})
    return listed


def _histogram(column: pa.ChunkedArray, steps: Sequence[float]) -> list[dict[str, Any]]:
    """Count the values in bins that begin at each of *steps*; the last has no upper bound."""
    counts, _ = np.histogram(column.drop_null().to_numpy(), [*steps, np.inf])
    bins = zip(steps, [*steps[1:], None], counts.tolist(), strict=True)
    return [{"from": step, "to": end, "count": count} for step, end, count in bins]


def _dates(column: pa.ChunkedArray) -> dict[str, Any]:
    days = _values(pc.strftime(column, format="%Y-%m-%d"))
    unknown = days.pop(None, 0)
    found = sorted(map(date.fromisoformat, days))
    far = bool(found) and (found[-1] - found[0]).days > MANY_DAYS
    by, length = ("month", 7) if far else ("day", 10)
    counted: Counter[str] = Counter()
    for day, count in days.items():
        counted[day[:length]] += count
    names: list[str] = []
    if counted:  # days or months, also those without an article
        first, last = (np.datetime64(each) for each in (min(counted), max(counted)))
        names = np.arange(first, last + 1).astype(str).tolist()
    shown, older = names[-BINS_OF_DATES:], names[:-BINS_OF_DATES]
    return {
        "by": by,
        "unknown": unknown,
        "older": sum(counted[name] for name in older),
        "bins": [{"name": name, "count": counted[name]} for name in shown],
    }


def _cluster_sizes(tables: Mapping[Table, pa.Table]) -> list[dict[str, Any]]:
    sizes = Counter(_values(tables["articles"]["cluster_id"]))
    sizes.update(_values(tables["duplicates"]["cluster_id"]))
    counted = Counter(min(size, LARGEST_CLUSTER_BIN) for size in sizes.values())
    return [{"size": size, "count": counted[size]} for size in range(1, LARGEST_CLUSTER_BIN + 1)]


def _trend(output: Place, run: CommittedRun) -> list[dict[str, Any]]:
    names = ("run_id", "logical_date", *COUNTED, "seconds")
    found = list_runs(output)
    runs = [each for each in found["runs"] if each["sequence"] <= run.sequence]
    runs += [each for each in found["held"] if each["run_id"] == run.run_id]
    return [{name: each[name] for name in names} for each in runs[-RUNS_IN_TREND:]]

"""The fate of one record: which row became of it, in which run, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.errors import UsageError
from pipeline.explain.lookup import Row, Rows, plain
from pipeline.records import REASONS
from pipeline.text.terminal import shown_in
from pipeline.write.columns import Table

FATES: dict[Table, str] = {
    "articles": "article",
    "duplicates": "duplicate",
    "rejects": "rejected",
}
SHOWN = 10
"""Copies listed by name in the text output; the rest are counted."""
_IDENTITY = ("id", "record_id", "source", "url", "title", "date_published")
_OWN: dict[Table, tuple[str, ...]] = {
    "articles": ("cluster_id", "revision_of", "language", "word_count", "flags"),
    "duplicates": ("cluster_id", "match", "similarity", "containment"),
    "rejects": ("stage", "kind", "reason", "detail", "error_type", "excerpt", "retryable"),
}
_RELATED = ("id", "source", "url", "title", "run_id")


def trace(rows: Rows, name: str) -> dict[str, Any]:
    """Find out what became of the record *name*: an object ready for JSON.

    *name* is an id, record id, url (in any form) or source. ``records`` has an object for each row
    that it means, oldest run first; ``fate`` is one of ``FATES``.

    Raises:
        UsageError: there is no such row; the message names similar ones.
    """
    found = rows.named(name)
    if not found:
        raise UsageError(rows.not_found(name))
    return {"name": name, "records": [_record(rows, row) for row in found]}


def trace_lines(traced: dict[str, Any]) -> Iterator[str]:
    """Format what ``trace`` found as text."""
    traced = shown_in(traced)
    records = traced["records"]
    if len(records) > 1:
        ids = len({record["id"] for record in records})
        what = "versions or records" if ids > 1 else "rows of one id"
        yield f"{traced['name']}: {len(records)} {what}, oldest run first"
        yield ""
    for number, record in enumerate(records):
        if number:
            yield ""
        yield from _LINES[record["fate"]](record)


def _record(rows: Rows, row: Row) -> dict[str, Any]:
    values = row.values
    kept = ("run_id", "logical_date", *_IDENTITY, *_OWN[row.table])
    record = {"fate": FATES[row.table], "file": row.file} | {
        name: plain(values[name]) for name in kept if name in values
    }
    if values.get("date_published_precision") == "day":
        record["date_published"] = values["date_published"].date().isoformat()
    if row.table == "articles":
        own = values["id"]
        record["copies"] = [
            _related(copy) | {name: copy.values[name] for name in ("match", "similarity")}
            for copy in rows.of("duplicates", "representative_id", own)
        ]
        cluster = rows.of("articles", "cluster_id", values["cluster_id"])
        record["kept_beside"] = [_related(each) for each in cluster if each.values["id"] != own]
        record["revised_by"] = [_related(each) for each in rows.of("articles", "revision_of", own)]
    elif row.table == "duplicates":
        kept_rows = rows.of("articles", "id", values["representative_id"])
        known = {"id": values["representative_id"], "run_id": values["representative_run_id"]}
        record["representative"] = _related(kept_rows[0]) if kept_rows else known
        record["evidence"] = {each["part"]: each["value"] for each in values["evidence"] or ()}
    else:
        record["meaning"] = REASONS.get(values["reason"])
    return record


def _related(row: Row) -> dict[str, Any]:
    return {name: plain(row.values[name]) for name in _RELATED}


def _headed(record: dict[str, Any], fate: str) -> Iterator[str]:
    yield f"{record['source']}: {fate}"
    yield f"  run       {record['run_id']}, {record['file']}"
    yield f"  id        {record['id'] or 'none: the record could not be read'}"
    names = (("record id", "record_id"), ("url", "url"), ("title", "title"))
    for label, name in (*names, ("published", "date_published")):
        if record.get(name):
            yield f"  {label:<9} {record[name]}"


def _article_lines(record: dict[str, Any]) -> Iterator[str]:
    yield from _headed(record, "an article, kept")
    if record["revision_of"]:
        yield f"  revision  of {record['revision_of']}"
    yield from _listed("revised", "by", record["revised_by"])
    if record["flags"]:
        yield f"  flags     {', '.join(record['flags'])}"
    yield f"  cluster   {record['cluster_id']}"
    yield from _listed("beside", "other versions of the story kept:", record["kept_beside"])
    if not record["copies"]:
        yield "  copies    none was found"
    yield from _listed("copies", "left out:", record["copies"])


def _listed(label: str, what: str, related: list[dict[str, Any]]) -> Iterator[str]:
    if not related:
        return
    yield f"  {label:<9} {len(related)} {what}"
    for each in related[:SHOWN]:
        match = f", {each['match']}" if "match" in each else ""
        alike = each.get("similarity")
        similar = f", similarity {alike:.2f}" if alike is not None else ""
        yield f"            {each['id']}  {each['url'] or each['source']}{match}{similar}"
    if len(related) > SHOWN:
        yield f"            … and {len(related) - SHOWN} more; --format json lists all"


def _duplicate_lines(record: dict[str, Any]) -> Iterator[str]:
    other = record["representative"]
    yield from _headed(record, f"a duplicate ({record['match']}), left out")
    yield f"  copy of   {other['id']}  {other.get('url') or other.get('source') or ''}".rstrip()
    if other.get("title"):
        yield f"            {other['title']}"
    if other["run_id"] != record["run_id"]:
        yield f"            published by {other['run_id']}"
    yield f"  cluster   {record['cluster_id']}"
    if record["similarity"] is not None:
        yield (
            f"  alike     similarity {record['similarity']:.3f}, "
            f"containment {record['containment']:.3f}"
        )
    parts = [f"{part} {value:.4g}" for part, value in record["evidence"].items()]
    for start in range(0, len(parts), 4):
        yield f"  {'' if start else 'evidence':<9} {' · '.join(parts[start : start + 4])}"


def _rejected_lines(record: dict[str, Any]) -> Iterator[str]:
    how = "judged, not wanted" if record["kind"] == "filtered" else "could not be used"
    yield from _headed(record, f"rejected, {how}")
    meaning = f": {record['meaning']}" if record["meaning"] else ""
    yield f"  reason    {record['reason']}{meaning} (stage {record['stage']})"
    if record["detail"]:
        yield f"  detail    {record['detail']}"
    if record["error_type"]:
        again = "; reading it again later may succeed" if record["retryable"] else ""
        yield f"  error     {record['error_type']}{again}"
    if record["excerpt"]:
        yield f"  begins    {' '.join(record['excerpt'].split())[:100]}"


_LINES = {"article": _article_lines, "duplicate": _duplicate_lines, "rejected": _rejected_lines}

"""The runs of an output folder: list them, compare two, verify all files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.errors import NewsieveError, UsageError
from pipeline.explain.lookup import held_as_runs, plain, read_rows
from pipeline.explain.text import as_text
from pipeline.ledger.commit import check_output, digest_file, digest_manifest, held_runs
from pipeline.ledger.history import CommittedRun, committed_runs, manifests_of, read_manifest
from pipeline.ledger.log import RUN_ID
from pipeline.storage import Place, listed, name_below
from pipeline.text.terminal import paint, shown_in
from pipeline.write.columns import COUNTED, TABLES, Table

COUNTED_BY = ("duplicates_by_match", "rejects_by_reason", "removed_by_rule", "ignored_fields")
SHOWN = 10
"""Maximum runs that the message for an unclear name lists."""


def list_runs(output: Place) -> dict[str, Any]:
    """List the runs of *output*, oldest first; return an object ready for JSON.

    Compacted runs are listed one by one, with the ``folder`` that contains their rows. Raises
    UsageError if *output* has no runs.
    """
    check_output(output)
    runs = []
    for run in committed_runs(output):
        runs += [_summary(each, run.folder) for each in manifests_of(read_manifest(run.folder))]
    held = [_summary(read_manifest(folder), folder) for folder in held_runs(output)]
    return {"output": str(output), "runs": runs, "held": held}


def published_files(output: Place, table: Table, after: int = 0) -> list[Place]:
    """List the files of *table* by run, from the manifests of runs with numbers above *after*.

    Raises UsageError if *output* has no runs.
    """
    check_output(output)
    return [
        run.folder / file["path"]
        for run in committed_runs(output)
        if run.sequence > after
        for file in read_manifest(run.folder)["files"]
        if file["path"].startswith(f"{table}/")
    ]


def _summary(manifest: dict[str, Any], folder: Place) -> dict[str, Any]:
    counts, timings = manifest.get("counts") or {}, manifest.get("timings") or {}
    return {
        **{name: manifest[name] for name in ("run_id", "sequence", "logical_date")},
        "published_at": manifest.get("published_at"),
        **{name: counts.get(name, 0) for name in COUNTED},
        **{name: manifest["inputs"][name] for name in ("files", "bytes")},
        "seconds": timings.get("seconds"),
        "newsieve": manifest["newsieve"],
        "folder": folder.name,
    }


def list_lines(found: dict[str, Any]) -> Iterator[str]:
    """Format the list of runs as text."""
    found = shown_in(found)
    columns = ("run", *COUNTED, "MB", "s", "published")
    rows = [_row(run) for run in found["runs"]] + [_row(run, "held") for run in found["held"]]
    rows.append(
        ("all", *(f"{sum(run[n] for run in found['runs']):,}" for n in COUNTED), "", "", "")
    )
    widths = [max(len(row[i]) for row in (columns, *rows)) for i in range(len(columns))]
    for row in (columns, *rows):
        cells = [f"{row[0]:<{widths[0]}}"]
        cells += [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
        line = "  ".join(cells).rstrip()
        yield paint(line, "bold") if row is columns else line


def _row(run: dict[str, Any], state: str = "") -> tuple[str, ...]:
    seconds = run["seconds"]
    return (
        run["run_id"],
        *(f"{run[name]:,}" for name in COUNTED),
        f"{run['bytes'] / 1e6:,.1f}",
        "" if seconds is None else f"{seconds:,.1f}",
        state or (run["published_at"] or "").replace("+00:00", "Z"),
    )


def find_run(output: Place, name: str) -> CommittedRun:
    """Find a run by its name, a unique prefix of it, its number, ``latest`` or ``previous``.

    ``previous`` is the run before the latest, or the only run. Published runs take precedence over
    held ones. Raises UsageError if no run or several match.
    """
    runs, held = committed_runs(output), held_as_runs(output)
    places = {"latest": runs[-1:], "previous": runs[-2:][:1]}
    found = places.get(name) or _called([*runs, *held], name)
    found = found or _beginning(runs, name) or _beginning(held, name)
    if len(found) == 1:
        return found[0]
    if merged := _called(gone := _merged(runs), name) or _beginning(gone, name):
        raise UsageError(
            f"run {merged[0].run_id} was merged into {merged[0].folder.name} by `newsieve "
            "compact`; name that one: its counts are those of all its runs"
        )
    problem = "several runs begin" if found else "no run begins"
    listed = ", ".join(run.run_id for run in (found or [*runs, *held])[-SHOWN:]) or "none"
    raise UsageError(
        f"{problem} with {name!r}; expected a run, its number, latest or previous: {listed}"
    )


def _called(runs: Sequence[CommittedRun], name: str) -> list[CommittedRun]:
    number = int(name) if name.isdecimal() else None
    return [run for run in runs if name == run.run_id or number == run.sequence]


def _beginning(runs: Sequence[CommittedRun], name: str) -> list[CommittedRun]:
    if len(name) < len("2026"):  # a number
        return []
    return [run for run in runs if run.run_id.startswith(name)]


def _merged(runs: Iterable[CommittedRun]) -> list[CommittedRun]:
    """List the runs that were merged into others, with the folders that have their rows."""
    return [
        replace(run, run_id=each["run_id"], sequence=each["sequence"])
        for run in runs
        for each in read_manifest(run.folder).get("runs") or ()
    ]


def diff_runs(output: Place, one: str, other: str) -> dict[str, Any]:
    """Find out what changed from run *one* to run *other*; return an object ready for JSON.

    Raises UsageError if there is no such run.
    """
    check_output(output)
    a, b = find_run(output, one), find_run(output, other)
    before, after = _facts(a), _facts(b)
    counted = ("rejects_by_reason", "duplicates_by_match", "removed_by_rule", "ignored_fields")
    return {
        "a": a.run_id,
        "b": b.run_id,
        **{n: _changes(before[n], after[n]) for n in ("counts", *counted, "sites")},
        **{n: _differing(before[n], after[n]) for n in ("settings", "versions")},
        "seconds": {"a": before["seconds"], "b": after["seconds"]},
        "records": _records(a.folder, b.folder),
    }


def _facts(run: CommittedRun) -> dict[str, Any]:
    manifest = read_manifest(run.folder)
    counts, config = manifest["counts"], manifest.get("config") or {}
    versions = {name: manifest.get(name) for name in ("newsieve", "python", "format_version")}
    return {
        "counts": {name: counts[name] for name in COUNTED},
        **{name: counts.get(name, {}) for name in COUNTED_BY},
        "sites": Counter(row["site"] or "" for row in read_rows(run.folder, "articles", ("site",))),
        "settings": {
            f"{part}.{name}": config[part][name] for part in config for name in config[part]
        },
        "versions": versions | dict(manifest.get("libraries") or {}),
        "seconds": manifest["timings"]["seconds"],
    }


def _changes(a: Mapping[str, int], b: Mapping[str, int]) -> list[dict[str, Any]]:
    names = sorted({*a, *b}, key=lambda name: (-max(a.get(name, 0), b.get(name, 0)), name or ""))
    return [{"name": name, "a": a.get(name, 0), "b": b.get(name, 0)} for name in names]


def _differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = sorted({*a, *b})
    return [
        {"name": name, "a": a.get(name), "b": b.get(name)}
        for name in names
        if a.get(name) != b.get(name)
    ]


def _records(a: Place, b: Place) -> list[dict[str, Any]]:
    """List the records with the same source or url in both runs, which were read again."""
    before = _fates(a)
    return [
        {"source": source, "title": title, "a": before[source][1], "b": fate}
        for source, (title, fate) in _fates(b).items()
        if source in before
    ]


def _fates(folder: Place) -> dict[str, tuple[str | None, dict[str, Any]]]:
    fates: dict[str, tuple[str | None, dict[str, Any]]] = {}
    for table in TABLES:
        own = ("reason",) if table == "rejects" else ("title", "word_count")
        for row in read_rows(folder, table, ("id", "source", *own)):
            fate = {"fate": table.removesuffix("s"), "id": plain(row["id"])}
            fate |= {"reason": row.get("reason"), "words": row.get("word_count")}
            fates[row["source"]] = row.get("title"), fate
    return fates


TITLES = {
    "records": "counts",
    "rejects by reason": "rejects_by_reason",
    "duplicates by match": "duplicates_by_match",
    "cut by rule": "removed_by_rule",
    "articles by site": "sites",
}
"""Title of a table of the text → the counts that it compares."""


def diff_lines(found: dict[str, Any]) -> list[str]:
    """Format the result of ``diff_runs`` as text."""
    tables = {
        title: [
            row | {"name": row["name"] or "unknown"}
            for row in found[name]
            if name == "counts" or row["a"] != row["b"]
        ]
        for title, name in TITLES.items()
    }
    return as_text("diff", found | {"tables": tables})


PROBLEMS = {
    "missing": "the manifest lists it, but it is not there",
    "truncated": "it is shorter than the manifest says",
    "changed": "its content is not what was published",
    "unreadable": "it cannot be read",
    "unlisted": "no manifest lists it, but readers would read it",
    "no_manifest": "a run without a readable manifest.json",
}
"""The closed list of problems of a file → meaning."""


def verify(output: Place) -> dict[str, Any]:
    """Check every file of *output* against the digests in the manifests.

    Raises UsageError if *output* has no runs.

    Returns:
        An object ready for JSON: the numbers of runs, files and bytes checked, and ``problems``,
        each with path, problem and detail.
    """
    check_output(output)
    count = size = 0
    problems: list[tuple[Place, str, str | None]] = []
    if isinstance(output, Path):
        found = sorted((output / "runs").glob("*"))
        runs: list[Place] = [path for path in found if RUN_ID.fullmatch(path.name)]
    else:
        runs = [run.folder for run in committed_runs(output)]
    for folder in [*runs, *held_runs(output)]:
        try:
            manifest = read_manifest(folder)
            files = manifest["files"]
        except (NewsieveError, OSError, KeyError) as error:
            problems.append((folder, "no_manifest", str(error)))
            continue
        # Manifests of earlier versions have no digest.
        if manifest.get("digest", expected := digest_manifest(manifest)) != expected:
            detail = f"its digest is not {manifest['digest']}"
            problems.append((folder / "manifest.json", "changed", detail))
        tables = folder if isinstance(output, Path) else output / "runs" / folder.name
        for file in files:
            problems += _problems_of(tables / file["path"], file)
        count, size = count + len(files), size + sum(file["bytes"] for file in files)
        known = {tables / file["path"] for file in files}
        unknown = (path for path in listed(tables, "*.parquet", deep=True) if path not in known)
        problems += ((path, "unlisted", None) for path in unknown)
    return {
        "output": str(output),
        "runs": len(runs),
        "files": count,
        "bytes": size,
        "problems": [
            {"path": name_below(path, output), "problem": problem, "detail": detail}
            for path, problem, detail in problems
        ],
    }


def _problems_of(path: Place, file: dict[str, Any]) -> Iterator[tuple[Place, str, str | None]]:
    try:
        size = path.stat().st_size
        if size < file["bytes"]:
            yield path, "truncated", f"{size:,} of {file['bytes']:,} bytes"
        elif digest_file(path) != file["blake2b"]:
            yield path, "changed", f"blake2b is not {file['blake2b']}"
    except FileNotFoundError:
        yield path, "missing", None
    except OSError as error:
        yield path, "unreadable", error.strerror


def verify_lines(found: dict[str, Any]) -> list[str]:
    """Format the result of ``verify`` as text."""
    return as_text("verify", found | {"meanings": PROBLEMS})

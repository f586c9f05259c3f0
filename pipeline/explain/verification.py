"""Whether the files of an output folder are those that the manifests describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.errors import NewsieveError
from pipeline.ledger.commit import digest_file, digest_manifest
from pipeline.ledger.held import check_output, held_runs
from pipeline.ledger.history import RUN_ID, read_manifest
from pipeline.text.terminal import paint, shown_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROBLEMS = {
    "missing": "the manifest lists it, but it is not there",
    "truncated": "it is shorter than the manifest says",
    "changed": "its content is not what was published",
    "unreadable": "it cannot be read",
    "unlisted": "no manifest lists it, but readers would read it",
    "no_manifest": "a run without a readable manifest.json",
}
"""What can be wrong with a file → what that means. A closed list."""


def verify(output: Path) -> dict[str, Any]:
    """Check every file of *output* against the digests in the manifests.

    Returns:
        An object ready for JSON: how many runs, files and bytes were checked, and ``problems``,
        each with path, problem and detail.

    Raises:
        UsageError: *output* holds no runs.
    """
    check_output(output)
    checked = [0, 0]
    problems: list[dict[str, Any]] = []
    runs = [path for path in sorted((output / "runs").glob("*")) if RUN_ID.fullmatch(path.name)]
    for folder in [*runs, *held_runs(output)]:
        try:
            manifest = read_manifest(folder)
            files = manifest["files"]
        except (NewsieveError, OSError, KeyError) as error:
            path = folder.relative_to(output).as_posix()
            problems.append({"path": path, "problem": "no_manifest", "detail": str(error)})
            continue
        # Manifests of newsieve of earlier versions have no digest of themselves.
        if manifest.get("digest", expected := digest_manifest(manifest)) != expected:
            path = (folder / "manifest.json").relative_to(output).as_posix()
            detail = f"its digest is not {manifest['digest']}"
            problems.append({"path": path, "problem": "changed", "detail": detail})
        for file in files:
            checked[0] += 1
            checked[1] += file["bytes"]
            problems += _problems_of(folder / file["path"], file, output)
        listed = {file["path"] for file in files}
        problems += [
            {"path": path.relative_to(output).as_posix(), "problem": "unlisted", "detail": None}
            for path in sorted(folder.rglob("*.parquet"))
            if path.relative_to(folder).as_posix() not in listed
        ]
    return {
        "output": str(output),
        "runs": len(runs),
        "files": checked[0],
        "bytes": checked[1],
        "problems": problems,
    }


def _problems_of(path: Path, file: dict[str, Any], output: Path) -> Iterator[dict[str, Any]]:
    problem, detail = None, None
    try:
        size = path.stat().st_size
        if size < file["bytes"]:
            problem, detail = "truncated", f"{size:,} of {file['bytes']:,} bytes"
        elif digest_file(path) != file["blake2b"]:
            problem, detail = "changed", f"blake2b is not {file['blake2b']}"
    except FileNotFoundError:
        problem = "missing"
    except OSError as error:
        problem, detail = "unreadable", error.strerror
    if problem:
        path_ = path.relative_to(output).as_posix()
        yield {"path": path_, "problem": problem, "detail": detail}


def verify_lines(found: dict[str, Any]) -> Iterator[str]:
    """Format what was found as text."""
    found = shown_in(found)
    for each in found["problems"]:
        detail = f" ({each['detail']})" if each["detail"] else ""
        problem = paint(each["problem"], "red")
        yield f"{problem}  {each['path']}: {PROBLEMS[each['problem']]}{detail}"
    runs, count = found["runs"], len(found["problems"])
    held = f"{runs:,} run{'s' * (runs != 1)}, {found['files']:,} files"
    problems = f"{count:,} problem{'s' * (count != 1)}"
    verdict = problems if count else paint("all as published", "green")
    yield f"{held}, {found['bytes'] / 1e6:,.1f} MB: {verdict}"

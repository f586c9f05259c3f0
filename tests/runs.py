"""Whole runs for tests: write inputs, run, read the tables back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.config import Config
from pipeline.job import Outcome, run_job
from pipeline.ledger.plan import Engine
from pipeline.passes.clean_block import clean_block  # noqa: F401 - tests of runs that die
from pipeline.write.columns import TABLES
from tests.in_process import run_passes

DAY = date(2026, 1, 1)
ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


def in_loop(plan: Any, run: Any, config: Any, staging: Any) -> None:
    """Take a plan through the passes without an engine."""
    run_passes(plan.blocks, run, config, staging)


def configured(inputs: Path | str, output: Path, **settings: dict[str, Any]) -> Config:
    """Build a config with these inputs and output, and settings by section."""
    sections = {section: dict(values) for section, values in settings.items()}
    sections.setdefault("input", {})["paths"] = [str(inputs)]
    sections.setdefault("write", {})["output"] = str(output)
    return Config.model_validate(sections)


def run(inputs: Path | str, output: Path, engine: Engine = in_loop, **settings: Any) -> Outcome:
    """Run newsieve on *inputs* on a fixed day."""
    return run_job(configured(inputs, output, **settings), DAY, engine, allow_empty=True)


def rows(output: Path, table: str) -> list[dict[str, Any]]:
    """Read the rows of *table* of all runs, by run and file."""
    files = sorted((output / "runs").glob(f"*/{table}/*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def table_bytes(output: Path) -> dict[str, bytes]:
    """Read every Parquet file of the only run below *output*, by its place in the run."""
    (folder,) = (output / "runs").iterdir()
    found = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.parquet")}
    assert any(name.startswith(TABLES) for name in found)
    return found


def newsieve(
    *arguments: str | Path, cwd: Path = ROOT, stdin: bytes | None = None, stdout: Any = -1
) -> Any:
    """Run the command line in a process of its own; give the finished process."""
    command = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command,
        cwd=cwd,
        input=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
        timeout=300,
    )


def start_newsieve(*arguments: str | Path) -> subprocess.Popen[bytes]:
    """Start the command line in a process group of its own."""
    command = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill *process* and everything it started, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

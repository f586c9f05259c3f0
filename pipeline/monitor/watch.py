"""The events of a run at work, from the notes that its blocks leave in staging."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.config import Config
from pipeline.ledger.plan import Engine, Plan
from pipeline.monitor.log import EventLog
from pipeline.staging import STAGES, RunName, Staging, counted

LOOK_EVERY_S = 2.0
"""Seconds between two looks into the staging folder: soon enough for a log; a look takes 16 ms
where 1,000 blocks (16 GB of input) are waited for."""


def watched(engine: Engine, log: EventLog) -> Engine:
    """Log the plan, each cleaned block and each pass of *engine*."""

    def run_engine(plan: Plan, run: RunName, config: Config, staging: Staging) -> None:
        log.run_id = plan.run_id
        size = f"{plan.bytes / 1e6:,.1f} MB in {len(plan.blocks):,} blocks"
        log.event(
            "run_planned",
            f"planned {plan.run_id}: {len(plan.inputs):,} files, {size}",
            logical_date=plan.logical_date.isoformat(),
            parent=plan.parent,
            files=len(plan.inputs),
            bytes=plan.bytes,
            blocks=len(plan.blocks),
        )
        watch = _Watch([block.index for block in plan.blocks], staging, log)
        ended = threading.Event()
        thread = threading.Thread(target=watch.look_until, args=(ended,), daemon=True)
        thread.start()
        try:
            engine(plan, run, config, staging)
        finally:
            ended.set()
            thread.join()
            watch.look()

    return run_engine


@dataclass
class _Watch:
    """What was seen of the blocks so far: when each was cleaned and written, in Unix time."""

    blocks: list[int]
    staging: Staging
    log: EventLog
    began: float = field(default_factory=time.time)
    cleaned: dict[int, float] = field(default_factory=dict)
    written: dict[int, float] = field(default_factory=dict)
    passes: list[str] = field(default_factory=list)

    def look_until(self, ended: threading.Event) -> None:
        while not ended.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Log what is new since the last look."""
        for index in self._new("cleaned", self.cleaned):
            self._log_block(index)
        if len(self.cleaned) < len(self.blocks):
            return
        clean_end = max(self.cleaned.values())
        self._log_pass("clean", self.began, clean_end)
        for _ in self._new("written", self.written):
            pass
        if self.written:
            write_start = min(self.written.values())
            self._log_pass("deduplicate", clean_end, write_start)
            if len(self.written) == len(self.blocks):
                self._log_pass("write", write_start, max(self.written.values()))

    def _new(self, kind: str, seen: dict[int, float]) -> Iterator[int]:
        """Give the blocks that have left a note of *kind* since the last look; *seen* grows."""
        waiting = [index for index in self.blocks if index not in seen]
        for index, when in self.staging.note_times(waiting, kind).items():
            seen[index] = when
            yield index

    def _log_block(self, index: int) -> None:
        (counts,) = self.staging.cleaned(range(index, index + 1))
        read = sum(part.read for part in counts.parts)
        done = f"{len(self.cleaned):,} of {len(self.blocks):,}"
        self.log.event(
            "block_cleaned",
            f"cleaned block {done}: {read:,} records, {counts.rejects:,} rejects",
            block=index,
            read=read,
            unchanged=sum(part.unchanged for part in counts.parts),
            cleaned=counts.articles,
            rejects=counts.rejects,
            done=len(self.cleaned),
            blocks=len(self.blocks),
        )

    def _log_pass(self, name: str, start: float, end: float) -> None:
        if name not in self.passes:
            self.passes.append(name)
            # Blocks that a killed run had finished are older than this run.
            facts: dict[str, Any] = {"pass": name, "seconds": round(max(0.0, end - start), 3)}
            self.log.event("pass_finished", f"{name}: {facts['seconds']:.1f} s", **facts)


def stage_seconds(staging: Staging, blocks: int, started: float) -> dict[str, float]:
    """Return how long each stage of a finished run took, by the notes of its blocks.

    Blocks that a killed run had finished are older than *started*, and took no time.
    """

    def times(kind: str) -> list[float]:
        found = staging.note_times(range(blocks), kind)
        return [max(started, when) for when in found.values()]

    cleaned, written = max(times("cleaned")), times("written")
    ends = {"clean": cleaned, "deduplicate": max(cleaned, min(written)), "write": max(written)}
    before, seconds = started, {}
    for name, end in ends.items():
        seconds[name] = round(end - before, 3)
        before = end
    return seconds


def stage_cpu_seconds(staging: Staging) -> dict[str, float]:
    """Return the CPU time of each stage in all workers and their helpers, in seconds.

    What an interrupted run had finished is not in it, nor are planning, publishing and the engine.
    """
    counts = counted(staging.folder)
    return {stage: round(counts[stage] / 1e6, 3) for stage in STAGES}

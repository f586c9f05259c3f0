"""The progress of a run: a live line on a terminal, else a line every ``LOG_EVERY_S``.

With ``--verbose`` or a JSON log, also the events of blocks and passes, from notes in staging. A
separate thread watches the run.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from pipeline.staging import SEND_EVERY_S, STAGES, counted, forget
from pipeline.storage.objects import is_url

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.config import Config
    from pipeline.ledger.plan import Engine, Plan
    from pipeline.monitor.log import EventLog
    from pipeline.staging import RunName, Staging

POLL_EVERY_S = 0.5
EVENTS_EVERY_S = 2.0
"""Seconds between two checks for notes; a check takes 16 ms for 1,000 blocks (16 GB of input)."""
LOG_EVERY_S = 30.0
"""Seconds between two log lines without a terminal."""
BAR_FROM_WIDTH = 90
"""Minimum columns of a terminal for a bar."""
STOP_S = 5.0
"""Seconds to wait for a check in progress, because a store may not reply."""
RATE_OVER_S = 10.0
"""Seconds over which a rate is computed."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run.

    Attributes:
        stage: planning, counting lines, cleaning, comparing, writing or publishing.
        seconds: since the start.
        done, total: progress of the stage, from 0 to *total*; None if the total is unknown.
        bytes, all_bytes: input processed by this stage, or by cleaning; all input.
        rate: records per second; None at the start.
        left_s: seconds left of the stage at this rate; None if unknown.
    """

    stage: str
    seconds: float
    done: int = 0
    total: int | None = None
    records: int = 0
    rejects: int = 0
    bytes: int = 0
    all_bytes: int = 0
    rate: float | None = None
    left_s: float | None = None

    def __str__(self) -> str:
        """Return one line of text.

        >>> print(Progress("cleaning", 60, 20, 80, 1200, 3, 20_000_000, 80_000_000, 20.4, 180))
        cleaning: 1,200 records · 20 of 80 MB · 20 a second · 3 rejects · 3:00 left
        >>> print(Progress("planning", 2.5))
        planning
        """
        facts = []
        if self.records:
            facts.append(f"{self.records:,} records")
        if self.all_bytes:
            facts.append(f"{_megabytes(self.bytes)} of {_megabytes(self.all_bytes)} MB")
        if self.rate:
            facts.append(f"{self.rate:,.0f} a second")
        if self.records:
            facts.append(f"{self.rejects:,} rejects")
        if self.left_s is not None:
            facts.append(f"{clock(self.left_s)} left")
        return f"{self.stage}: {' · '.join(facts)}" if facts else self.stage


def clock(seconds: float) -> str:
    """Format seconds as minutes and hours.

    >>> clock(8), clock(75), clock(3675)
    ('0:08', '1:15', '1:01:15')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f}" if count >= 10_000_000 else f"{count / 1e6:.1f}"


@dataclass
class _Run:
    """A running plan.

    Attributes:
        log: for events; None if they are not logged.
        samples: its counts at several times: (time, records, done).
        cleaned, written: the blocks that are known to be finished, with their Unix times.
        passes: names of those that have ended.
    """

    plan: Plan
    config: Config
    staging: Staging
    log: EventLog | None = None
    samples: deque[tuple[float, int, int]] = field(default_factory=deque)
    stage: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    counted: float = -math.inf
    began: float = field(default_factory=time.time)
    cleaned: dict[int, float] = field(default_factory=dict)
    written: dict[int, float] = field(default_factory=dict)
    passes: set[str] = field(default_factory=set)

    def progress(self, now: float, seconds: float) -> Progress:
        if not is_url(self.staging.folder) or now - self.counted >= SEND_EVERY_S:
            found, self.counted = counted(self.staging.folder), now
            if any(found.values()) or not self.counts:  # a store may fail to reply once
                self.counts = found
        counts = self.counts
        stage, done, total = self._stage(counts)
        if stage != self.stage:
            self.stage, self.samples = stage, deque()
        self.samples.append((now, counts["records"], done))
        while len(self.samples) > 2 and now - self.samples[0][0] > RATE_OVER_S:
            self.samples.popleft()
        then, records_then, done_then = self.samples[0]
        passed = now - then
        moved = (done - done_then) / passed if passed >= 1 else 0
        return Progress(
            stage=stage,
            seconds=seconds,
            done=done,
            total=total,
            records=counts["records"],
            rejects=counts["rejects"],
            # Work of a killed worker is counted again.
            bytes=min(
                self.plan.bytes, counts["cleaned_bytes" if counts["records"] else "surveyed_bytes"]
            ),
            all_bytes=self.plan.bytes,
            rate=(counts["records"] - records_then) / passed if passed >= 1 else None,
            left_s=(total - done) / moved if total and moved > 0 else None,
        )

    def _stage(self, counts: dict[str, int]) -> tuple[str, int, int | None]:
        everything, blocks = self.plan.bytes, len(self.plan.blocks)
        if self.config.clean.site_pages and not counts["records"]:
            return "counting lines", counts["surveyed_bytes"], everything
        if counts["cleaned_bytes"] < everything or not counts["records"]:
            return "cleaning", counts["cleaned_bytes"], everything
        if not counts["written_blocks"]:
            return "comparing", counts["steps"], None
        return "writing", counts["written_blocks"], blocks

    def log_plan(self) -> None:
        if self.log is None:
            return
        plan, self.log.run_id = self.plan, self.plan.run_id
        size = f"{plan.bytes / 1e6:,.1f} MB in {len(plan.blocks):,} blocks"
        self.log.event(
            "run_planned",
            f"planned {plan.run_id}: {len(plan.inputs):,} files, {size}",
            logical_date=plan.logical_date.isoformat(),
            parent=plan.parent,
            files=len(plan.inputs),
            bytes=plan.bytes,
            blocks=len(plan.blocks),
        )

    def log_news(self) -> None:
        """Log the blocks and passes that have ended since the last call."""
        if self.log is None:
            return
        blocks = range(len(self.plan.blocks))
        for index, when in self._ended("cleaned", self.cleaned).items():
            self.cleaned[index] = when
            self._log_block(index, self.log)
        if len(self.cleaned) == len(blocks):
            self.written |= self._ended("written", self.written)
        times = (self.cleaned.values(), self.written.values())
        for name, seconds in pass_seconds(self.began, *times, len(blocks)).items():
            if name not in self.passes:
                self.passes.add(name)
                facts: dict[str, Any] = {"pass": name, "seconds": seconds}
                self.log.event("pass_finished", f"{name}: {seconds:.1f} s", **facts)

    def _ended(self, kind: str, known: dict[int, float]) -> dict[int, float]:
        waiting = [block.index for block in self.plan.blocks if block.index not in known]
        return self.staging.note_times(waiting, kind)

    def _log_block(self, index: int, log: EventLog) -> None:
        (counts,) = self.staging.cleaned(range(index, index + 1))
        read = sum(part.read for part in counts.parts)
        done = f"{len(self.cleaned):,} of {len(self.plan.blocks):,}"
        log.event(
            "block_cleaned",
            f"cleaned block {done}: {read:,} records, {counts.rejects:,} rejects",
            block=index,
            read=read,
            unchanged=sum(part.unchanged for part in counts.parts),
            cleaned=counts.articles,
            rejects=counts.rejects,
            done=len(self.cleaned),
            blocks=len(self.plan.blocks),
        )


class Watcher:
    """Shows the progress of a run, from a thread of its own."""

    def __init__(
        self, log: EventLog, stream: IO[str], *, colour: bool, events: bool = False
    ) -> None:
        """Show a live line if *stream* is a terminal, else log progress every ``LOG_EVERY_S``.

        With *events*, the plan, each cleaned block and each pass are logged as well.
        """
        self._log, self._logs_events = log, events
        self._line = _LiveLine(stream, colour=colour) if stream.isatty() else None
        self._run: _Run | None = None
        self._stage = "planning"
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._began = self._logged = time.monotonic()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, and remove the live line."""
        self._ended.set()
        self._thread.join(STOP_S)
        self.clear()

    def watching(self, engine: Engine) -> Engine:
        """Wrap *engine* so that its runs are watched."""

        def run_engine(plan: Plan, run: RunName, config: Config, staging: Staging) -> None:
            forget(staging.folder)
            watched = _Run(plan, config, staging, self._log if self._logs_events else None)
            watched.log_plan()
            self._run = watched
            try:
                engine(plan, run, config, staging)
            finally:
                self._run, self._stage = None, "publishing"
                with self._lock:
                    watched.log_news()

        return run_engine

    def clear(self) -> None:
        """Remove the live line before other output; it is drawn again."""
        with self._lock:
            if self._line:
                self._line.clear()

    def _watch(self) -> None:
        logged = 0.0
        while not self._ended.wait(POLL_EVERY_S):
            now, run = time.monotonic(), self._run
            if run and now - logged >= EVENTS_EVERY_S:
                logged = now
                with self._lock:
                    run.log_news()
            seconds = now - self._began
            found = run.progress(now, seconds) if run else Progress(self._stage, seconds)
            if self._line:
                with self._lock:
                    self._line.show(found)
            elif now - self._logged >= LOG_EVERY_S:
                self._logged = now
                names = ("stage", "seconds", "records", "rejects", "bytes", "all_bytes")
                facts = {name: getattr(found, name) for name in names}
                facts["seconds"] = round(seconds, 1)
                self._log.event("progress", str(found), **facts)


class _LiveLine:
    """A line at the bottom of a terminal, drawn by rich, which is loaded when needed."""

    def __init__(self, stream: IO[str], *, colour: bool) -> None:
        self._stream, self._colour = stream, colour
        self._bar: Any = None

    def show(self, found: Progress) -> None:
        if self._bar is None:
            self._bar = self._open()
            self._bar.start()
        task = self._bar.tasks[0]
        facts = str(found).removeprefix(found.stage).removeprefix(": ")
        self._bar.update(
            task.id,
            completed=found.done,
            total=found.total,
            stage=found.stage,
            facts=facts,
            clock=clock(found.seconds),
        )
        self._bar.refresh()

    def clear(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _open(self) -> Any:
        # rich takes a tenth of a second to import, which short runs should not pay.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, TextColumn  # noqa: PLC0415
        from rich.progress import Progress as Bar  # noqa: PLC0415
        from rich.table import Column  # noqa: PLC0415

        console = Console(file=self._stream, no_color=not self._colour, highlight=False)
        # On a narrow terminal, text is more useful than the bar.
        bar = Bar(
            TextColumn(
                "[bold]{task.fields[stage]}", table_column=Column(no_wrap=True, min_width=14)
            ),
            *([BarColumn(bar_width=20)] if console.width >= BAR_FROM_WIDTH else []),
            TextColumn("{task.fields[facts]}", markup=False),
            TextColumn("[dim]{task.fields[clock]}"),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        bar.add_task("", total=None, stage="", facts="", clock="")
        return bar


def pass_seconds(
    began: float, cleaned: Collection[float], written: Collection[float], blocks: int
) -> dict[str, float]:
    """Return the seconds of each pass that has ended.

    Args:
        began: Unix time of the start. Blocks finished by a killed run are older, and count as no
            time.
        cleaned, written: Unix times of the blocks that are cleaned, and of those written.
        blocks: number of all blocks.
    """
    ends = {}
    if len(cleaned) == blocks:
        ends["clean"] = max(cleaned)
        if written:
            ends["deduplicate"] = min(written)
        if len(written) == blocks:
            ends["write"] = max(written)
    seconds = {}
    for name, end in ends.items():
        seconds[name] = round(max(0.0, end - began), 3)
        began = max(began, end)
    return seconds


def stage_timings(staging: Staging, blocks: range, began: float) -> dict[str, dict[str, float]]:
    """Return the seconds of each pass and the CPU seconds of each stage of a finished run.

    CPU is that of all workers and their helpers. Work of an interrupted run, planning, publishing
    and the engine are not included. *began* is the Unix time when the engine was started.
    """
    cleaned, written = (staging.note_times(blocks, kind) for kind in ("cleaned", "written"))
    counts = counted(staging.folder)
    return {
        "stages": pass_seconds(began, cleaned.values(), written.values(), len(blocks)),
        "cpu_seconds": {stage: round(counts[stage] / 1e6, 3) for stage in STAGES},
    }

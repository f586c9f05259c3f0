"""How far a run is: a live line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from pipeline.staging import counted, forget

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.ledger.plan import Engine, Plan
    from pipeline.monitor.log import EventLog
    from pipeline.staging import RunName, Staging

LOOK_EVERY_S = 0.5
LOG_EVERY_S = 30.0
"""Seconds between two log lines where there is no terminal."""
BAR_FROM_WIDTH = 90
"""Minimum columns of a terminal to show a bar."""
RATE_OVER_S = 10.0
"""Seconds that a rate is taken over: long enough to be steady, short enough to be current."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        stage: planning, counting lines, cleaning, comparing, writing or publishing.
        seconds: since the beginning.
        done, total: of the stage, 0 to *total*; None where nobody knows how much it is.
        bytes, all_bytes: of input that this stage, or cleaning, is done with; of all.
        rate: records a second; None at the beginning.
        left_s: seconds that the stage will still take at this rate; None where unknown.
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
        """Say it in one line.

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
    """Write seconds as a clock does.

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
    """A plan at work, and what was counted of it at several looks: (time, records, done)."""

    plan: Plan
    config: Config
    staging: Staging
    looks: deque[tuple[float, int, int]] = field(default_factory=deque)
    stage: str = ""

    def look(self, now: float, seconds: float) -> Progress:
        """Add up what the workers have counted."""
        counts = counted(self.staging.folder)
        stage, done, total = self._stage(counts)
        if stage != self.stage:
            self.stage, self.looks = stage, deque()
        self.looks.append((now, counts["records"], done))
        while len(self.looks) > 2 and now - self.looks[0][0] > RATE_OVER_S:
            self.looks.popleft()
        then, records_then, done_then = self.looks[0]
        passed = now - then
        moved = (done - done_then) / passed if passed >= 1 else 0
        return Progress(
            stage=stage,
            seconds=seconds,
            done=done,
            total=total,
            records=counts["records"],
            rejects=counts["rejects"],
            bytes=counts["cleaned_bytes" if counts["records"] else "surveyed_bytes"],
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


class Watcher:
    """Shows how far a run is, from a thread of its own."""

    def __init__(self, log: EventLog, stream: IO[str], *, colour: bool) -> None:
        """Show a live line if *stream* is a terminal, else log progress now and then."""
        self._log = log
        self._line = _LiveLine(stream, colour=colour) if stream.isatty() else None
        self._run: _Run | None = None
        self._stage = "planning"
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._began = self._logged = time.monotonic()
        self._thread = threading.Thread(target=self._look_until_ended, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and take the live line away."""
        self._ended.set()
        self._thread.join()
        self.clear()

    def watching(self, engine: Engine) -> Engine:
        """Wrap *engine*: what it works on is watched."""

        def run_engine(plan: Plan, run: RunName, config: Config, staging: Staging) -> None:
            forget(staging.folder)
            self._run = _Run(plan, config, staging)
            try:
                engine(plan, run, config, staging)
            finally:
                self._run, self._stage = None, "publishing"

        return run_engine

    def clear(self) -> None:
        """Take the live line away, before something else is printed; it comes again."""
        with self._lock:
            if self._line:
                self._line.clear()

    def _look_until_ended(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            now = time.monotonic()
            run, seconds = self._run, now - self._began
            found = run.look(now, seconds) if run else Progress(self._stage, seconds)
            if self._line:
                with self._lock:
                    self._line.show(found)
            elif now - self._logged >= LOG_EVERY_S:
                self._logged = now
                self._log_it(found)

    def _log_it(self, found: Progress) -> None:
        self._log.event(
            "progress",
            str(found),
            stage=found.stage,
            seconds=round(found.seconds, 1),
            records=found.records,
            rejects=found.rejects,
            bytes=found.bytes,
            all_bytes=found.all_bytes,
        )


class _LiveLine:
    """A line at the foot of a terminal, by rich; it is loaded when there is something to show."""

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
        # rich takes a tenth of a second to import: only a run that lasts pays for it.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, TextColumn  # noqa: PLC0415
        from rich.progress import Progress as Bar  # noqa: PLC0415
        from rich.table import Column  # noqa: PLC0415

        console = Console(file=self._stream, no_color=not self._colour, highlight=False)
        # On a narrow terminal the words and figures are worth more than the bar.
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

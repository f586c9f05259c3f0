"""How far a run is: live counters of the workers, and what people are shown of them."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from factories import story
from runs import configured, in_loop, newsieve

from pipeline.config import Config
from pipeline.job import run_job
from pipeline.monitor.log import EventLog, close_log, open_log
from pipeline.monitor.progress import Progress, Watcher, _LiveLine, _Run
from pipeline.staging import COUNTS, LiveCounter, Staging, counted, counter_of, forget

STORIES = 40


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):  # noqa: D102
        return True


def count(folder):
    """What a worker does."""
    for _ in range(1_000):
        counter_of(folder).add("records")
        counter_of(folder).add("cleaned_bytes", 100)


def step(folder):
    """What a worker does in a step."""
    count(folder)
    counter_of(folder).add("clean", 5)


def test_the_counts_of_all_processes_and_threads_add_up(tmp_path):
    """Nothing is lost between workers, whatever their number."""
    start = multiprocessing.get_context("fork").Process
    workers = [start(target=count, args=(str(tmp_path),)) for _ in range(3)]
    workers += [threading.Thread(target=count, args=(str(tmp_path),)) for _ in range(2)]
    for each in workers:
        each.start()
    count(str(tmp_path))
    for each in workers:
        each.join()

    found = counted(str(tmp_path))
    assert (6_000, 600_000) == (found["records"], found["cleaned_bytes"])


def test_what_an_interrupted_run_counted_is_forgotten(tmp_path):
    """Its process is gone, and its number may be somebody else's."""
    count(str(tmp_path))
    forget(str(tmp_path))

    assert dict.fromkeys(COUNTS, 0) == counted(str(tmp_path))
    count(str(tmp_path))
    assert 1_000 == counted(str(tmp_path))["records"]


def test_workers_on_other_machines_count_in_the_store(store, tmp_path, monkeypatch):
    """Processes that share no folder add up, and what they counted goes with `forget`."""
    monkeypatch.setenv("NEWSIEVE_CACHE", str(tmp_path / "caches" / "%p"))
    folder = str(store / ".staging" / "run")
    start = multiprocessing.get_context("spawn").Process
    workers = [start(target=step, args=(folder,)) for _ in range(2)]
    for each in workers:
        each.start()
    step(folder)
    for each in workers:
        each.join()
    plan = plan_of(400_000)
    found = _Run(plan, Config(), Staging(folder)).progress(time.monotonic(), 1.0)

    assert {"records": 3_000, "clean": 15} == {
        name: count for name, count in counted(folder).items() if name in {"records", "clean"}
    }
    assert ("cleaning", 3_000, 300_000) == (found.stage, found.records, found.bytes)
    forget(folder)
    assert [] == list(store.files())


def test_counts_reach_the_store_before_a_step_ends(store, monkeypatch):
    """Now and then; not with every record."""
    puts = []
    monkeypatch.setattr("pipeline.storage.StorePath.put", lambda *_: puts.append(1))
    monkeypatch.setattr("pipeline.staging.SEND_EVERY_S", 0.05)
    counter, began = LiveCounter(store), time.monotonic()
    while time.monotonic() - began < 0.3:
        counter.add("records")

    assert 3 <= len(puts) <= 6


def test_a_store_that_does_not_answer_leaves_what_was_seen(store, monkeypatch):
    """The display does not fall back to nothing for one failed look."""
    folder = str(store / "run")
    step(folder)
    run = _Run(plan_of(400_000), Config(), Staging(folder))
    run.progress(100.0, 0.0)
    monkeypatch.setattr("pipeline.monitor.progress.counted", lambda _: dict.fromkeys(COUNTS, 0))

    assert 1_000 == run.progress(110.0, 10.0).records


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path):
    """The work goes on, uncounted."""
    (tmp_path / "progress").write_text("a file where the folder should be")

    count(str(tmp_path))
    assert 0 == counted(str(tmp_path))["records"]


def run_watched(tmp_path, look):
    """Run over some stories without an engine; *look* is called when all passes are done."""
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [json.dumps({"id": f"s{n}", "text": story(n)}) for n in range(STORIES)]
    (folder / "a.jsonl").write_text("\n".join([*lines, "not json", ""]), "utf-8")

    def engine(plan, name, config, staging):
        in_loop(plan, name, config, staging)
        look(plan, staging)

    return run_job(configured(folder, tmp_path / "out"), None, engine)


def test_the_counts_at_the_end_are_those_of_the_account(tmp_path):
    """Records, rejects and every byte."""
    found = {}

    def look(plan, staging):
        found.update(counted(staging.folder), all=plan.bytes, blocks=len(plan.blocks))

    account = run_watched(tmp_path, look).account
    assert (account.read, account.rejects) == (found["records"], found["rejects"])
    assert found["all"] == found["cleaned_bytes"] == found["surveyed_bytes"]
    assert found["blocks"] == found["written_blocks"]


def plan_of(size, blocks=4):
    """A plan of *size* bytes."""
    return SimpleNamespace(bytes=size, blocks=range(blocks))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"surveyed_bytes": 30}, ("counting lines", 30, 100)),
        ({"surveyed_bytes": 100, "records": 2, "cleaned_bytes": 40}, ("cleaning", 40, 100)),
        ({"records": 9, "cleaned_bytes": 100, "steps": 3}, ("comparing", 3, None)),
        ({"records": 9, "cleaned_bytes": 100, "written_blocks": 1}, ("writing", 1, 4)),
    ],
)
def test_the_stage_is_read_off_the_counts(tmp_path, counts, expected):
    """No worker says what it does; what has been counted tells."""
    for name, amount in counts.items():
        counter_of(str(tmp_path)).add(name, amount)
    found = _Run(plan_of(100), Config(), Staging(str(tmp_path))).progress(time.monotonic(), 1.0)

    assert expected == (found.stage, found.done, found.total)


def test_the_time_left_follows_from_the_rate(tmp_path):
    """Half of it in ten seconds: ten seconds more."""
    run = _Run(plan_of(2_000), Config(), Staging(str(tmp_path)))
    counter_of(str(tmp_path)).add("records")
    run.progress(100.0, 0.0)
    counter_of(str(tmp_path)).add("cleaned_bytes", 1_000)
    counter_of(str(tmp_path)).add("records", 50)
    found = run.progress(110.0, 10.0)

    assert (10.0, 5.0) == (found.left_s, found.rate)


@pytest.mark.parametrize(("width", "colour"), [(40, False), (200, True)])
def test_the_live_line_is_one_line_and_goes_away(monkeypatch, width, colour):
    """On a terminal of any width; nothing is left of it at the end."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    line = _LiveLine(stream, colour=colour)
    line.show(Progress("cleaning", 3, 10, 100, 5, 1, 10, 100, 2.0, 45))
    shown = stream.getvalue()
    line.clear()

    assert "\n" not in shown
    assert "cleaning" in shown
    assert stream.getvalue().endswith("\x1b[2K")


def test_without_a_terminal_a_line_is_told_now_and_then(monkeypatch, capsys):
    """In a log: a whole line, and none for what is done before."""
    monkeypatch.setattr("pipeline.monitor.progress.POLL_EVERY_S", 0.01)
    monkeypatch.setattr("pipeline.monitor.progress.LOG_EVERY_S", 0.05)
    log = open_log("text")
    watcher = Watcher(log, io.StringIO(), colour=False)
    watcher.start()
    time.sleep(0.3)
    watcher.stop()
    close_log()

    err = capsys.readouterr().err
    assert 2 <= err.count("planning\n") <= 6
    assert "\x1b" not in err


def test_a_look_costs_a_hundredth_of_the_time_at_most():
    """Two a second, each below five thousandths of a second of CPU."""
    line = _LiveLine(Terminal(), colour=True)
    line.show(Progress("cleaning", 1))
    begun = time.thread_time()
    for number in range(100):
        line.show(Progress("cleaning", number, number, 100, number, 0, number, 100, 1.0, 9))
    took = time.thread_time() - begun
    line.clear()

    assert took / 100 < 0.005


def test_looks_stop_with_the_run():
    """No thread is left."""
    before = threading.active_count()
    watcher = Watcher(EventLog(), Terminal(), colour=False)
    watcher.start()
    watcher.stop()

    assert before == threading.active_count()


@pytest.mark.beam
@pytest.mark.slow
@pytest.mark.parametrize("where", ["disk", "store"])
def test_worker_processes_count_where_the_main_process_looks(where, tmp_path, request, monkeypatch):
    """With two workers, the log has progress with records of both, if they share no disk too."""
    output = request.getfixturevalue("store") if where == "store" else tmp_path / "out"
    monkeypatch.setenv("NEWSIEVE_CACHE", str(tmp_path / "caches" / "%p"))
    folder = tmp_path / "in"
    folder.mkdir()
    for part in range(4):
        lines = [
            json.dumps({"id": f"{part}-{n}", "text": story(part * 500 + n)}) for n in range(300)
        ]
        (folder / f"{part}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    script = tmp_path / "quick.py"
    script.write_text(
        "import pipeline.monitor.progress as p; p.POLL_EVERY_S = 0.1; p.LOG_EVERY_S = 0.2\n"
        "p.SEND_EVERY_S = 0.2\n"
        "from pipeline.__main__ import main; main()\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            *(sys.executable, str(script), "--log-format", "json", "run", str(folder)),
            *("--output", str(output), "--set", "run.workers=2"),
            *("--set", "run.block_bytes=100000"),
        ],
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    events = [json.loads(line) for line in done.stderr.splitlines()]
    told = [each for each in events if each["event"] == "progress" and each["records"]]

    assert told
    assert [each["records"] for each in told] == sorted(each["records"] for each in told)
    assert max(each["records"] for each in told) <= 1_200
    assert {"cleaning"} <= {each["stage"] for each in told}


@pytest.mark.beam
def test_verbose_tells_each_stage(tmp_path):
    """-v: the plan, the blocks, and the time of each pass."""
    (tmp_path / "a.txt").write_text(story(1), "utf-8")
    done = newsieve("run", tmp_path / "a.txt", "--output", tmp_path / "out", "-v")
    err = done.stderr.decode()

    for word in ("planned ", "cleaned block 1 of 1", "clean: ", "deduplicate: ", "write: "):
        assert word in err

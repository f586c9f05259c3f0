"""The log: the same command tells people a few lines, and machines one JSON object a line."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import warnings
from contextlib import redirect_stderr
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import ROOT, newsieve
from strategies import TEXTS

import pipeline.cli
from pipeline.errors import HeldRun
from pipeline.monitor.log import EVENTS, close_log, open_log


@pytest.fixture(autouse=True)
def closed():
    """No test leaves a log open."""
    yield
    close_log()


def lines(text):
    """The events of a log; each line must be one."""
    return [json.loads(line) for line in text.splitlines()]


def test_json_has_one_object_a_line_with_time_level_event_and_run(capsys):
    """Whatever the fields hold, a line is a line, in ASCII, and so in any locale."""
    log = open_log("json")
    log.run_id = "r1"
    log.event("remark", "for people", message="two\nlines, é and a lone \udc80")
    (event,) = lines(raw := capsys.readouterr().err)

    assert raw.isascii()
    assert ["time", "level", "event", "run_id", "message"] == list(event)
    assert ("info", "remark", "r1") == (event["level"], event["event"], event["run_id"])
    assert "two\nlines, é and a lone \udc80" == event["message"]
    assert datetime.fromisoformat(event["time"]).tzinfo is not None


def test_text_shows_what_is_meant_for_people_and_nothing_else(capsys):
    """An event without a text stays silent; a warning of ours is shown."""
    log = open_log("text")
    log.event("block_cleaned", block=1)
    log.event("remark", "three lines", message="x")
    logging.getLogger("newsieve").warning("a word of warning")

    assert "three lines\na word of warning\n" == capsys.readouterr().err


def test_json_takes_warnings_of_libraries_in(capsys):
    """Python's warnings and failures of libraries become events too, with the run's id."""
    open_log("json").run_id = "20260101T000000Z"
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old thing", stacklevel=1)
    logging.getLogger("some.library").critical("on fire")
    first, second = lines(capsys.readouterr().err)

    assert {"20260101T000000Z"} == {first["run_id"], second["run_id"]}
    assert ("message", "py.warnings") == (first["event"], first["logger"])
    assert "old thing" in first["message"]
    assert ("message", "some.library", "on fire") == tuple(
        second[key] for key in ("event", "logger", "message")
    )


def test_json_takes_failed_threads_in(capsys):
    """A thread of the engine that ends badly is one event, with its traceback."""
    open_log("json")
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    (event,) = lines(capsys.readouterr().err)

    assert ("warning", "message") == (event["level"], event["event"])
    assert "ZeroDivisionError" in event["message"]
    assert event["traceback"].startswith("Traceback")


def test_an_open_log_is_replaced_not_doubled(capsys):
    """The form may change when the flags are read; a line still comes once."""
    open_log("text")
    open_log("json").event("remark", message="once")

    assert 1 == len(lines(capsys.readouterr().err))


@pytest.mark.beam
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_tells_its_whole_story_in_json(tmp_path, workers):
    """Plan, every block once, the passes in order, the end; its counts are the manifest's."""
    settings = ["--set", "run.block_bytes=20000", "--set", f"run.workers={workers}"]
    finished = newsieve(
        "--log-format", "json", "run", "--input", "raw", "--output", tmp_path / "out", *settings
    )
    events = lines(finished.stderr.decode())
    (manifest,) = tmp_path.glob("out/runs/*/manifest.json")
    facts = json.loads(manifest.read_text("utf-8"))

    assert 0 == finished.returncode
    assert {event["event"] for event in events} <= EVENTS.keys()
    planned, *between, published = events
    assert ("run_planned", "run_published") == (planned["event"], published["event"])
    assert {facts["run_id"]} == {event["run_id"] for event in events}
    assert facts["counts"] == published["counts"]
    blocks = [event for event in between if event["event"] == "block_cleaned"]
    assert list(range(planned["blocks"])) == sorted(event["block"] for event in blocks)
    assert list(range(1, planned["blocks"] + 1)) == [event["done"] for event in blocks]
    assert facts["counts"]["read"] == sum(event["read"] for event in blocks)
    passes = [event["pass"] for event in between if event["event"] == "pass_finished"]
    assert ["clean", "deduplicate", "write"] == passes
    cpu = facts["timings"]["cpu_seconds"]
    assert ["count_lines", "clean", "deduplicate", "write"] == list(cpu)
    assert all(seconds > 0 for seconds in cpu.values())
    assert cpu["clean"] == max(cpu.values())  # with its helpers, which do nearly all of it


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "--input", "no/such"], 2, "input no/such: no such file or folder"),
        (["run", "--colour"], 2, "No such option"),
        (["run", "--set", "dedup.bands=0"], 2, "dedup.bands = 0"),
    ],
)
def test_an_error_is_an_event_with_its_exit_code(tmp_path, arguments, code, message):
    """Also what is wrong with the usage: in JSON nothing else stands on stderr."""
    finished = newsieve("--log-format", "json", *arguments, cwd=tmp_path)
    (event,) = lines(finished.stderr.decode())

    assert (code, code) == (finished.returncode, event["exit_code"])
    assert ("error", "error") == (event["level"], event["event"])
    assert message in event["message"]
    assert b"" == finished.stdout


@given(st.dictionaries(TEXTS, TEXTS))
def test_whatever_the_fields_hold_a_line_stays_a_line(counts):
    """Control characters and line separators: one line of ASCII, and back again."""
    with redirect_stderr(io.StringIO()) as told:
        open_log("json").event("run_published", counts=counts)
    (line,) = told.getvalue().splitlines()

    assert line.isascii()
    assert counts == json.loads(line)["counts"]


def test_a_held_run_is_an_event_of_its_own(monkeypatch, capsys):
    """Exit code 3 wants a decision: scripts need not read the message to know."""

    def held(*_arguments, **_options):
        raise HeldRun("output: held by a gate\n  run r1")

    monkeypatch.setattr("pipeline.job.run_job", held)
    monkeypatch.setattr("sys.argv", ["newsieve", "--log-format", "json", "run"])
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as end:
        pipeline.cli.main()
    (event,) = lines(capsys.readouterr().err)

    assert (3, 3, "run_held") == (end.value.code, event["exit_code"], event["event"])
    assert "held by a gate\n  run r1" in event["message"]


def test_a_defect_is_an_event_with_its_traceback(monkeypatch, capsys):
    """What nobody foresaw is no traceback between the lines, but one in its event."""

    def broken(*_arguments, **_options):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("pipeline.job.run_job", broken)
    monkeypatch.setattr("sys.argv", ["newsieve", "--log-format", "json", "run"])
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as end:
        pipeline.cli.main()
    (event,) = lines(capsys.readouterr().err)

    assert 1 == end.value.code
    assert "by zero; this is a bug in newsieve" == event["message"]
    assert event["traceback"].startswith("Traceback")


@pytest.mark.slow
def test_a_run_with_nothing_new_says_so(tmp_path):
    """The event of an ordinary quiet hour."""
    (tmp_path / "in").mkdir()
    finished = newsieve(
        *("--log-format", "json", "run", "--allow-empty"),
        *("--input", tmp_path / "in", "--output", tmp_path / "out"),
    )
    (event,) = lines(finished.stderr.decode())

    assert ("nothing_new", 0) == (event["event"], event["files"])


def test_every_event_of_the_code_is_in_the_list():
    """The list is closed: it is documentation, and scripts filter by it."""
    used = set()
    for path in (ROOT / "pipeline").rglob("*.py"):
        used |= set(re.findall(r'\.event\(\s*"(\w+)"', path.read_text("utf-8")))

    assert used <= EVENTS.keys()

"""`trace` and `compare` on the command line: streams, formats and exit codes."""

from __future__ import annotations

import json
import sys

import pytest
from runs import ROOT, run

import pipeline.cli


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process: (exit code, stdout, stderr)."""

    def call_(*arguments):
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(sys, "argv", ["newsieve", *map(str, arguments)])
        code = 0
        try:
            pipeline.cli.main()
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    return call_


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """A run over the sample in raw/."""
    folder = tmp_path_factory.mktemp("verbs")
    run(ROOT / "raw", folder)
    return folder


def test_trace_tells_one_record_on_stdout(call, output):
    """Text for people, one object for scripts; nothing on stderr."""
    code, out, err = call("trace", output, "bakery-blaze")
    assert (0, "", "newsloom24/bakery-blaze.txt: a duplicate (near), left out") == (
        code,
        err,
        out.splitlines()[0],
    )
    code, out, _ = call("trace", output, "bakery-blaze", "--format", "json")
    assert (0, "duplicate") == (code, json.loads(out)["records"][0]["fate"])


def test_trace_of_what_is_not_there_is_exit_2(call, output):
    """The message names what is similar."""
    code, out, err = call("trace", output, "bakery")

    assert (2, "") == (code, out)
    assert "did you mean bakery-fire" in err


def test_compare_ends_well_whether_copies_or_not(call, output):
    """A file and an id of an output folder; exit 0 for copies and for others."""
    file = "raw/newsloom24/bakery-blaze.txt"
    code, out, err = call("compare", file, "bakery-fire", "--output", output)
    assert (0, "") == (code, err)
    assert "A copy (near): probability 0.99" in out

    code, out, _ = call("compare", file, "library-opens", "--output", output, "--format", "json")
    assert (0, False) == (code, json.loads(out)["decision"]["copy"])


def test_compare_takes_settings(call):
    """With a confidence that nothing reaches, a near copy is none."""
    files = ("raw/newsloom24/bakery-blaze.txt", "raw/tarnmouth-courier/bakery-fire.txt")
    code, out, _ = call("compare", *files, "--set", "dedup.confidence=1")

    assert 0 == code
    assert "Not a copy" in out


def test_compare_without_a_folder_asks_for_one(call):
    """An id alone is exit 2, with the flag that is missing."""
    code, out, err = call("compare", "a", "b")

    assert (2, "") == (code, out)
    assert "a: no such file" in err
    assert "--output" in err


def test_a_damaged_table_is_told_with_its_remedy(call, tmp_path):
    """Where, and what to do; no traceback."""
    run(ROOT / "raw", tmp_path)
    (table,) = tmp_path.glob("runs/*/articles/*.parquet")
    table.write_bytes(b"junk")

    for arguments in (("trace", tmp_path, "bakery"), ("compare", "--output", tmp_path, "a", "b")):
        code, out, err = call(*arguments)
        assert (1, "") == (code, out)
        assert f"newsieve: {tmp_path}/runs: damaged (" in err
        assert f"{table}'" in err
        assert err.endswith("; restore it from a backup\n")

"""The command line: verbs, flags, streams and exit codes."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
import runs
from runs import ROOT, newsieve

import pipeline.cli
from pipeline.dedup.signatures import collision_probability
from pipeline.errors import HeldRun, UsageError
from pipeline.ledger.lock import locked
from pipeline.ledger.plan import refuse_future
from pipeline.version import VERSION

STORY = "The tram to Vellmer stopped at noon. " * 8


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process: (exit code, stdout, stderr)."""

    def call_(*arguments, cwd=ROOT):
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["newsieve", *map(str, arguments)])
        code = 0
        try:
            pipeline.cli.main()
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return call_


VERBS = (
    *("run", "clean", "check", "compare", "trace", "report", "list", "diff", "verify"),
    *("publish", "discard", "undo", "remove", "compact", "worker"),
)


def test_version_and_help(call):
    """The version is printed; help names every verb and every exit code."""
    assert (0, f"newsieve {VERSION}\n", "") == call("--version")
    code, out, _ = call("--help")
    assert 0 == code
    for word in (*VERBS, "75 another run", "130 interrupted"):
        assert word in " ".join(out.split())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(call, verb):
    """--help of a verb says what it does and shows one real call."""
    code, out, _ = call(verb, "--help")

    assert 0 == code
    assert f"newsieve {verb}" in out.split("Example:")[1]


def test_a_verb_loads_what_it_needs():
    """``clean`` is a filter: no engine, no deduplication, half a second less to wait."""
    code = "import sys, pipeline.cli.documents; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {"apache_beam", "datasketch", "scipy"} & set(done.stdout.split())
    assert {"pipeline.cli.documents"} <= set(done.stdout.split())


@pytest.mark.beam
def test_run_puts_the_account_on_stderr_and_the_folder_on_stdout(call, tmp_path):
    """Data on stdout, everything else on stderr; a second run has nothing new and ends well."""
    arguments = (
        "run",
        "--input",
        ROOT / "raw",
        "--output",
        tmp_path,
        "--logical-date",
        "2026-01-01",
    )
    code, out, err = call(*arguments)
    assert 0 == code
    (folder,) = out.splitlines()
    assert (Path(folder) / "manifest.json").is_file()
    assert Path(folder).name.startswith("2026-01-01-000001-")
    assert "accounted for" in err

    before = sorted(path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet"))
    code, out, err = call(*arguments)
    assert (0, "") == (code, out)
    assert "nothing new: 21 files, all read by earlier runs" in err
    assert before == sorted(path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet"))


@pytest.mark.beam
def test_a_failed_lock_is_exit_75_and_says_who_holds_it(call, tmp_path):
    """Two runs at once: the second ends at once and names the process of the first."""
    with locked(tmp_path / "out"):
        code, _, err = call("run", "--input", ROOT / "raw", "--output", tmp_path / "out")

    assert 75 == code
    assert f"process {os.getpid()} on " in err


@pytest.mark.parametrize("verb", ["run", "check"])
@pytest.mark.parametrize("output", ["file", "file/out", "file/a/b", "out/.staging/x", "broken"])
def test_an_output_that_cannot_be_written_is_exit_2(call, tmp_path, verb, output):
    """A file where the folder should be: the message names it and the flag; `check` says so too."""
    (tmp_path / "file").write_text("")
    (tmp_path / "broken").symlink_to(tmp_path / "file" / "nothing")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/.staging").write_text("")

    code, out, err = call(verb, "--input", ROOT / "raw", "--output", tmp_path / output)

    assert (2, "") == (code, out)
    assert f"output {tmp_path}/{output}: cannot be written: " in err


@pytest.mark.parametrize(
    ("flags", "what"), [(0, "Permission denied"), (os.ST_RDONLY, "Read-only file system")]
)
def test_check_says_why_an_output_is_read_only(call, tmp_path, monkeypatch, flags, what):
    """And creates nothing to find out; root may write everywhere but on a read-only disk."""
    monkeypatch.setattr("os.access", lambda path, _: path != tmp_path)
    monkeypatch.setattr("os.statvfs", lambda _: SimpleNamespace(f_flag=flags))
    code, out, err = call("check", "raw", "--output", tmp_path / "a" / "b")

    assert (2, "") == (code, out)
    assert f"output {tmp_path}/a/b: cannot be written: {what}; name another folder" in err
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("output", ["new", "new/deep/er", "."])
def test_check_of_an_output_that_a_run_can_create_is_exit_0(call, tmp_path, output):
    """Nothing is written."""
    assert 0 == call("check", "raw", "--output", tmp_path / output)[0]
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("days", [-9_999, -1, 0, 1, 2, 9_999])
def test_a_day_up_to_tomorrow_is_taken(days):
    """Today has begun somewhere while it is yesterday in UTC."""
    day = datetime.now(timezone.utc).date() + timedelta(days)
    with pytest.raises(UsageError) if days > 1 else nullcontext():
        refuse_future(day)


def test_a_full_disk_is_one_line_and_exit_1(call, tmp_path, monkeypatch):
    """What the system refuses is told without a traceback."""

    def full(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out/plan.json")

    monkeypatch.setattr("pipeline.job.write_bytes", full)
    code, out, err = call("run", "--input", ROOT / "raw", "--output", tmp_path / "out")

    expected = "newsieve: out/plan.json: No space left on device; nothing was published"
    assert (1, "") == (code, out)
    assert expected == err.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (ImportError("x.so: failed to map segment"), "x.so: failed to map"),
        (MemoryError(), "out of"),
    ],
)
def test_a_library_that_finds_no_memory_is_one_line(call, monkeypatch, error, what):
    """Where the address space is limited, some libraries load late and fail; no traceback."""

    def fail(*_arguments):
        raise error

    monkeypatch.setattr("pipeline.config_file.load_config", fail)
    code, out, err = call("run", "--output", "out")

    assert (1, "", 1) == (code, out, len(err.splitlines()))
    assert f"newsieve: {what}" in err
    assert "ulimit -v" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--input", "no/such/folder"], "input no/such/folder: no such file or folder"),
        (["run", "--input", "pyproject.toml"], "unsupported extension; supported: .txt"),
        (
            ["run", "--logical-date", "31/02/2026"],
            "'31/02/2026' is not a day: write it as 2026-01-31",
        ),
        (["run", "--logical-date", "2026-01-31T00:00"], "is not a day: write it as 2026-01-31"),
        (["run", "--logical-date", "2026-02-30"], "2026-02-30: there is no such day"),
        (["run", "--logical-date", "2026-13-01"], "2026-13-01: there is no such day"),
        (["run", "--logical-date", "0000-01-01"], "0000-01-01: there is no such day"),
        (["run", "--logical-date", "2999-01-01"], "logical date 2999-01-01: in the future; a run"),
        (["compact", "tests/upgrade/format_1", "--before", "2026-13-01"], "there is no such day"),
        (["compact", "tests/upgrade/format_1", "--before", "1 May"], "is not a day: write it as"),
        (["run", "--colour"], "No such option"),
        (["run", "a.yaml", "b.yaml"], "unexpected argument b.yaml"),
        (["run", "no.yaml"], "no.yaml: cannot read the configuration"),
        (["run", "--set", "clean.mood=careful"], "no such setting; did you mean clean.mode?"),
        (["check", "--set", "dedup.similarity=80"], "should be less than or equal to 1"),
        (["clean", "no/such.txt"], "no such file or folder"),
        (["rnu"], "did you mean `newsieve run`?"),
        (["raw/"], "did you mean `newsieve run raw/`?"),
        (["help"], "did you mean `newsieve --help`?"),
        (["rollback", "output"], "did you mean `newsieve undo`?"),
        (["run", "--workers", "4"], "use --set run.workers=VALUE"),
        (["--input", "raw", "run"], "Put it after the command: newsieve run --input"),
        (["trace", "bakery-fire", "tests/upgrade/format_1"], "OUTPUT comes first; did you mean"),
        (["run", "--config", "a.yaml", "b.yaml"], "two configurations: --config a.yaml and b.yaml"),
        (["-q", "-v", "list", "raw"], "cannot be combined"),
        (["run", "--", "--numworkers=3"], "--numworkers; did you mean --num_workers?"),
        (["run", "--", "--bogus"], "unknown Beam options after --: --bogus"),
        (["report", "raw"], "raw: no runs here"),
        (["list", "raw"], "raw: no runs here"),
        (["verify", "raw"], "raw: no runs here"),
        (["publish"], "Missing argument 'OUTPUT'"),
        (["discard", "raw"], "Missing argument 'RUN'"),
        (["undo", "no/such/folder"], "does not exist"),
        (["undo", "raw"], "raw: no runs here; name the folder that `newsieve run` wrote to"),
        (["remove", "raw", "--site", "a.example"], "raw: no runs here; name the folder that"),
        (["remove", "raw"], "no text is named; say what to remove with --url, --site or --id"),
        (["remove", "raw", "--id", "x"], "--id 'x': expected 32 hex digits, as in the column id"),
        (["compact", "raw"], "raw: no runs here; name the folder that `newsieve run` wrote to"),
        (["compact", "raw", "--before", "soon"], "'soon' is not a day: write it as"),
        (["runn"], "No such command 'runn'"),
    ],
)
def test_wrong_usage_is_exit_2_with_a_remedy_and_nothing_on_stdout(call, arguments, message):
    """Nothing is started; the message says what is wrong and what is allowed."""
    code, out, err = call(*arguments)

    assert (2, "") == (code, out)
    assert message in err
    assert "Traceback" not in err


def test_check_shows_settings_inputs_and_the_curve_and_starts_nothing(call):
    """The changed settings, the matched files, which are new, and the S-curve go to stdout."""
    code, out, err = call("check", "--set", "clean.mode=careful", cwd=ROOT)

    assert (0, "") == (code, err)
    for line in ("clean.mode = careful", "raw/: 21 files", "new            21 files", "ity 0.5"):
        assert line in out


def test_clean_prints_the_story_alone(call, tmp_path):
    """As a filter, clean gives the text and nothing else."""
    (tmp_path / "a.txt").write_text(f"A headline here\n\n{STORY}\n\nRelated articles\n", "utf-8")

    code, out, err = call("clean", tmp_path / "a.txt")

    assert (0, STORY.strip() + "\n", "") == (code, out, err)


def test_clean_jsonl_has_one_object_a_document_with_the_promised_fields(call, tmp_path):
    """A good and a bad record: two objects; the bad one says why a run would leave it out."""
    lines = [json.dumps({"id": "one", "title": "T", "text": STORY}), "[1]"]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")

    code, out, _ = call("clean", "--format", "jsonl", tmp_path / "a.jsonl")
    good, bad = map(json.loads, out.splitlines())

    assert 0 == code
    promised = "record_id text title authors date_published language removed rejected"
    assert set(promised.split()) <= set(good) & set(bad)
    assert ("one", "T", None) == (good["record_id"], good["title"], good["rejected"])
    assert ("", "not_an_object") == (bad["text"], bad["rejected"])


def test_clean_reads_a_folder_and_reports_rejects_on_stderr(call, tmp_path):
    """Every supported file below a folder; what would be rejected is named beside the output."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(STORY, "utf-8")
    (tmp_path / "in" / "empty.txt").write_text("", "utf-8")

    code, out, err = call("clean", tmp_path / "in")

    assert 0 == code
    assert STORY.strip() in out
    assert err.startswith("empty.txt: no_text")


def test_clean_says_that_it_found_no_document(call, tmp_path):
    """A folder without a file that can be read is no mistake, but not passed over in silence."""
    (tmp_path / "notes.odt").write_text(STORY, "utf-8")

    code, out, err = call("clean", tmp_path)

    assert (0, "") == (code, out)
    assert f"no document in {tmp_path}" in err


def test_clean_without_a_path_asks_for_one_on_a_terminal(call, monkeypatch):
    """It would wait for somebody to type."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)

    code, out, err = call("clean")
    assert (2, "") == (code, out)
    assert "name a file, a folder, or -" in err


@pytest.mark.parametrize("flags", [("-q",), ("--quiet",)])
@pytest.mark.beam
def test_a_quiet_run_says_where_it_is_and_nothing_else(tmp_path, flags):
    """Before and after the verb."""
    for arguments in ((*flags, "run", "raw"), ("run", "raw", *flags)):
        done = newsieve(*arguments, "--output", tmp_path / arguments[0])
        assert (0, b"") == (done.returncode, done.stderr)
        assert 1 == len(done.stdout.splitlines())


def test_help_and_completion_load_no_library_of_the_pipeline():
    """Both are asked for at the keyboard, and must not take a second."""
    heavy = {"pydantic", "numpy", "pyarrow", "scipy", "trafilatura", "apache_beam", "rich", "yaml"}
    show = "import sys; print(*sys.modules, file=sys.stderr)"
    for words, environment in (
        (["newsieve", "--help"], {}),
        (["newsieve"], {"_NEWSIEVE_COMPLETE": "bash_complete", "COMP_WORDS": "newsieve c",
                        "COMP_CWORD": "1"}),
        (["newsieve"], {"_NEWSIEVE_COMPLETE": "bash_complete", "COMP_CWORD": "2",
                        "COMP_WORDS": "newsieve run --"}),
    ):  # fmt: skip
        code = (
            f"import sys, atexit; sys.argv = {words}; atexit.register(lambda: exec({show!r})); "
            "import pipeline.cli; pipeline.cli.main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | environment,
        )
        assert not heavy & set(done.stderr.split()), words
        assert "c" in done.stdout


def test_check_shows_what_the_bands_find(call):
    """Ten similarities, each with the share of pairs that are compared."""
    code, out, _ = call("check", "--set", "dedup.permutations=16", "--set", "dedup.bands=4")
    lines = out.splitlines()

    assert 0 == code
    assert "4 bands of 4 values" in out
    for tenth in range(1, 11):
        share = collision_probability(tenth / 10, 16, 4)
        (row,) = (line for line in lines if f"similarity {tenth / 10:.1f}" in line)
        assert f"{share:.2%}" in row


def test_clean_explains_each_line(call):
    """--explain shows kept, taken and cut lines, with the rule that cut them."""
    code, out, _ = call("clean", "--explain", ROOT / "raw/tarnmouth-courier/harbour-dredging.txt")
    marks = {line[0] for line in out.splitlines()[1:]}

    assert 0 == code
    assert {" ", "-", ">"} <= marks
    assert "\x1b" not in out


@pytest.mark.slow
def test_clean_goes_on_behind_a_document_that_is_too_slow(call, tmp_path):
    """It is named with the limit and its setting; the documents around it are printed."""
    (tmp_path / "a.txt").write_text(STORY, "utf-8")
    (tmp_path / "b.txt").write_text("It stopped at noon.\n" * 150_000, "utf-8")
    (tmp_path / "c.txt").write_text(STORY, "utf-8")

    code, out, err = call("clean", "--set", "run.document_seconds=1", tmp_path)

    assert (0, f"{STORY.strip()}\n\f\n{STORY.strip()}\n") == (code, out)
    assert "b.txt: too_slow: run.document_seconds = 1\n" == err


def test_a_name_cannot_forge_a_message(call, tmp_path):
    """Control characters of a file's name are escaped, in what clean says and check lists."""
    (tmp_path / "a\nnewsieve: done\x1b[31m.txt").write_bytes(b"")

    _, out, err = call("clean", tmp_path)
    assert ("", 1) == (out, err.count("\n"))
    assert err.startswith("a\\nnewsieve: done\\x1b[31m.txt: no_text: the file is empty")
    _, out, _ = call("check", "--set", f"input.paths={tmp_path}")
    assert " a\\nnewsieve: done\\x1b[31m.txt\n" in out


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


def test_an_output_stream_that_is_full_is_one_line(call, monkeypatch):
    """`newsieve clean … > /full/disk` ends with a message, and exit 1."""

    class Full(io.StringIO):
        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sys, "stdout", Full())
    code, _, err = call("clean", ROOT / "raw/tarnmouth-courier/harbour-dredging.txt")

    assert (1, "newsieve: cannot write the output: No space left on device\n") == (code, err)


@FULL
@pytest.mark.beam
def test_a_run_that_cannot_say_where_it_is_is_published_all_the_same(tmp_path):
    """A full disk behind stdout is no failure of the run: stderr has the folder."""
    with Path("/dev/full").open("wb") as full:
        finished = newsieve("run", "--input", "raw", "--output", tmp_path / "out", stdout=full)
    (folder,) = (tmp_path / "out" / "runs").iterdir()

    assert 0 == finished.returncode
    told = f"published as {folder}; stdout: No space left on device"
    assert told == finished.stderr.decode().splitlines()[-1]


@pytest.mark.beam
def test_clean_reads_standard_input():
    """- is stdin; a page is told from text by its beginning."""
    page = f"<html><body><article><p>{STORY}</p></article></body></html>"

    assert STORY.strip() == newsieve("clean", "-", stdin=STORY.encode()).stdout.decode().strip()
    assert STORY.strip() == newsieve("clean", "-", stdin=page.encode()).stdout.decode().strip()


@pytest.mark.beam
def test_a_closed_pipe_ends_quietly():
    """`newsieve clean … | head` has no traceback."""
    finished = newsieve("clean", "raw", "--format", "jsonl")

    assert 0 == finished.returncode
    assert b"Traceback" not in finished.stderr


def with_readers_gone(*arguments, streams=("stdout", "stderr")):
    """Run the command line with pipes that nobody reads; give its exit code."""
    ends = {name: os.pipe() for name in streams}
    for reading, _ in ends.values():
        os.close(reading)
    pipes = {name: writing for name, (_, writing) in ends.items()}
    kept = {name: subprocess.PIPE for name in ("stdout", "stderr") if name not in pipes}
    command = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, **pipes, **kept) as process:
        for writing in pipes.values():
            os.close(writing)
        told = b"".join(filter(None, process.communicate(timeout=200)))
    assert b"Traceback" not in told
    return process.returncode


@pytest.mark.beam
@pytest.mark.parametrize(
    ("streams", "flags"),
    [
        (("stdout", "stderr"), ()),
        (("stderr",), ("--log-format", "json")),
        (("stdout",), ("--format", "json")),
    ],
)
def test_a_run_whose_output_nobody_reads_is_published_and_exit_0(tmp_path, streams, flags):
    """Neither a log shipper that dies nor `| head` makes a failure of it; views are written too."""
    (tmp_path / "a.txt").write_text(STORY, "utf-8")
    arguments = ("run", tmp_path / "a.txt", "--output", tmp_path / "out", *flags)

    assert 0 == with_readers_gone(*arguments, streams=streams)
    assert 1 == len(list((tmp_path / "out/runs").iterdir()))
    assert (tmp_path / "out/views.sql").exists()


@pytest.mark.beam
def test_commands_whose_output_nobody_reads_keep_their_exit_code(tmp_path, held):
    """0 if something was committed, else what the command ends with."""
    output = held.parents[1]
    assert 3 == with_readers_gone("--traceback", "run", "raw", "--output", output)
    assert 2 == with_readers_gone("run", "--nonsense")
    assert 2 == with_readers_gone("run", tmp_path / "missing", "--output", output)
    assert 0 == with_readers_gone("publish", output, held.name)
    assert 1 == with_readers_gone("list", output)
    assert 0 == with_readers_gone("undo", output)
    assert [] == list((output / "runs").iterdir())


DAMAGE = {
    "missing": Path.unlink,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "changed": lambda path: path.write_bytes(
        path.read_bytes()[:-9] + b"x" + path.read_bytes()[-8:]
    ),
    "unlisted": lambda path: path.with_name("b.parquet").write_bytes(b""),
    "manifest": lambda path: (path.parents[1] / "manifest.json").write_text("{}", "utf-8"),
    "no manifest": lambda path: (path.parents[1] / "manifest.json").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("flags", [(), ("-q",), ("--format", "json")])
def test_verify_exits_with_1_if_anything_is_damaged_else_with_0(call, tmp_path, damage, flags):
    """`newsieve verify backup/ || alert` alerts."""
    (tmp_path / "a.txt").write_text(STORY, "utf-8")
    folder = runs.run(tmp_path / "a.txt", tmp_path / "out").folder
    assert 0 == call("verify", tmp_path / "out", *flags)[0]
    (path,) = (folder / "articles").glob("*.parquet")
    damage(path)

    code, out, err = call("verify", tmp_path / "out", *flags)
    assert (1, "") == (code, err)
    assert "problem" in out


@pytest.mark.beam
def test_the_process_ends_with_the_code_of_verify(tmp_path):
    """Not only the function."""
    (tmp_path / "a.txt").write_text(STORY, "utf-8")
    folder = runs.run(tmp_path / "a.txt", tmp_path / "out").folder
    assert 0 == newsieve("verify", tmp_path / "out").returncode
    next((folder / "articles").glob("*.parquet")).unlink()
    assert 1 == newsieve("verify", tmp_path / "out").returncode


@pytest.mark.parametrize("verb", [(), *((verb,) for verb in VERBS)])
def test_help_is_exit_0(call, verb):
    """It ends through click's exit, as `verify` does."""
    assert 0 == call(*verb, "--help")[0]


@pytest.fixture
def held(tmp_path):
    """Give the folder of a run that a gate holds."""
    (tmp_path / "a.txt").write_text(STORY, "utf-8")
    with pytest.raises(HeldRun):
        runs.run(tmp_path / "a.txt", tmp_path / "out", gates={"min_articles": 2})
    (found,) = (tmp_path / "out/.held").iterdir()
    return found


@pytest.mark.beam
def test_a_held_run_is_exit_3_and_both_ways_out_are_told(call, held):
    """Every further run, and undo, end so until somebody decides."""
    output = held.parents[1]
    for arguments in (["run", "--input", ROOT / "raw", "--output", output], ["undo", output]):
        code, out, err = call(*arguments)

        assert (3, "") == (code, out)
        assert "min_articles: 1 is below the limit of 2" in err
        assert f"newsieve publish {output} {held.name}" in err
        assert f"newsieve discard {output} {held.name}" in err


def test_a_held_run_is_discarded_by_the_beginning_of_its_name(call, held):
    """The name is data; that the inputs come again is said beside it."""
    code, out, err = call("discard", held.parents[1], held.name[:10])

    assert (0, f"{held.name}\n") == (code, out)
    assert "the next run reads again those that still exist" in err
    assert not held.exists()


def test_a_held_run_is_published_and_taken_back(call, held):
    """Publish gives the folder on stdout, undo the name, and on stderr what it held."""
    output = held.parents[1]
    code, out, err = call("publish", output, held.name)
    assert (0, f"{output / 'runs' / held.name}\n") == (code, out)
    assert "further runs work again" in err

    code, out, err = call("undo", output)
    assert (0, f"{held.name}\n") == (code, out)
    assert f"undid {held.name}: articles 1 · duplicates 0 · rejects 0" in err
    assert "the newest run is now none" in err
    assert [] == list((output / "runs").iterdir())


@pytest.mark.parametrize("verb", ["publish", "discard"])
def test_a_wrong_run_is_exit_2_and_names_those_that_wait(call, held, verb):
    """Nothing is changed."""
    code, out, err = call(verb, held.parents[1], "2027")

    assert (2, "") == (code, out)
    assert f"no held run begins with '2027'; held: {held.name}" in err
    assert held.exists()


def test_remove_lists_the_rows_on_stdout_and_their_sums_on_stderr(call, tmp_path):
    """The same with --dry-run, which changes nothing; a second time there is nothing."""
    (tmp_path / "a.txt").write_text(STORY, "utf-8")
    folder = runs.run(tmp_path / "a.txt", tmp_path / "out").folder
    (row,) = runs.rows(tmp_path / "out", "articles")
    told = f"article {row['id']} {folder.name} a.txt\n"

    code, out, err = call("remove", tmp_path / "out", "--id", row["id"], "--dry-run")
    assert (0, told, "would take down: articles 1\n") == (code, out, err)
    assert [row] == runs.rows(tmp_path / "out", "articles")
    code, out, err = call("remove", tmp_path / "out", "--id", row["id"])
    assert (0, told, "took down: articles 1\n") == (code, out, err)
    assert [] == runs.rows(tmp_path / "out", "articles")
    code, out, err = call("remove", tmp_path / "out", "--id", row["id"])
    assert (0, "", "took down: nothing: it was taken down before\n") == (code, out, err)
    code, out, err = call("remove", tmp_path / "out", "--site", "new.example")
    assert (0, "", "took down: no row; matching records will be rejected as taken_down\n") == (
        code,
        out,
        err,
    )


def test_compact_names_the_folders_on_stdout(call, tmp_path):
    """Or says that there is nothing to do."""
    names = []
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(STORY.replace("noon", f"{number} sharp"), "utf-8")
        names.append(runs.run(tmp_path / f"{number}.txt", tmp_path / "out").folder.name)

    code, out, err = call("compact", tmp_path / "out", "--before", "2026-01-02")
    assert (0, f"{names[1]}\n") == (code, out)
    assert f"{names[1]}: merged 2 folders (2 files) into one (1 file, 2 rows)\n" == err
    code, out, err = call("compact", tmp_path / "out")
    assert (0, "", "nothing to compact\n") == (code, out, err)


def test_while_a_run_is_at_work_nothing_is_rewritten(call, tmp_path):
    """Exit 75, as for a second run."""
    (tmp_path / "a.txt").write_text(STORY, "utf-8")
    runs.run(tmp_path / "a.txt", tmp_path / "out")
    with locked(tmp_path / "out"):
        for arguments in (["compact"], ["remove", "--site", "a.example"]):
            code, out, err = call(arguments[0], tmp_path / "out", *arguments[1:])
            assert (75, "") == (code, out)
            assert "another run is in progress" in err


@pytest.mark.slow
def test_inputs_without_a_single_file_are_no_quiet_end(tmp_path):
    """The folder may be a mount that is gone: exit 2, unless that is said to be right."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/notes.md").touch()
    arguments = ["run", "--input", tmp_path / "in", "--output", tmp_path / "out"]
    finished = newsieve(*arguments)

    assert 2 == finished.returncode
    assert b"no supported file in" in finished.stderr
    assert b"skipped: 1 file with an unsupported extension" in finished.stderr
    assert not (tmp_path / "out").exists()
    assert 0 == newsieve(*arguments, "--allow-empty").returncode


@pytest.mark.slow
def test_a_name_that_is_no_unicode_is_looked_for_as_it_stands_in_the_tables(tmp_path):
    """Escaped; one that nothing has is one line, not a traceback."""
    (tmp_path / "runs").mkdir()
    finished = newsieve("trace", tmp_path, b"\xff.txt".decode("utf-8", "surrogateescape"))

    assert finished.returncode in {1, 2}
    assert b"Traceback" not in finished.stderr
    assert 1 == len(finished.stderr.splitlines())


def test_check_says_which_files_are_new(call, tmp_path):
    """What an earlier run has read is counted, what came since is named; nothing is written."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(STORY, "utf-8")
    runs.run(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in" / "b.txt").write_text(STORY + "Later.", "utf-8")
    before = sorted(tmp_path.rglob("*"))

    code, out, err = call("check", "--input", tmp_path / "in", "--output", tmp_path / "out")
    assert (0, "") == (code, err)
    assert "new            1 file," in out
    assert "1 read by earlier runs" in out
    assert "\n               b.txt\n" in out
    assert "a.txt" not in out
    assert before == sorted(tmp_path.rglob("*"))


def test_check_names_ten_new_files_and_counts_the_rest(call, tmp_path):
    """The text stays short, and its cost does not depend on the number of files."""
    for number in range(12):
        (tmp_path / f"{number:02}.txt").write_text(STORY, "utf-8")

    _, out, _ = call("check", "--input", tmp_path, "--output", tmp_path / "out")
    assert f"{tmp_path}: 12 files\n" in out
    assert "new            12 files" in out
    assert "09.txt\n               … and 2 more (--format json lists all)\n" in out
    assert "10.txt" not in out


def test_settings_are_printed_as_a_file_that_can_be_used(call, tmp_path):
    """`check --settings > newsieve.yaml` is a configuration, found by its name."""
    _, out, _ = call("check", "--settings", "--set", "clean.mode=careful")
    (tmp_path / "newsieve.yaml").write_text(out, "utf-8")
    (tmp_path / "raw").mkdir()

    _, out, _ = call("check", cwd=tmp_path)
    assert "configuration  newsieve.yaml" in out
    assert "clean.mode = careful" in out


@pytest.mark.beam
def test_run_takes_paths_and_a_configuration_by_its_flag(tmp_path):
    """Arguments are what is read, as --input is; a YAML file as first argument is --config."""
    (tmp_path / "my.yaml").write_text(f"write: {{output: {tmp_path / 'out'}}}")
    text = "raw/tarnmouth-courier/bakery-fire.txt"
    for arguments in (("--config", tmp_path / "my.yaml", text), (tmp_path / "my.yaml", "raw/*/*")):
        done = newsieve("run", *arguments)
        assert 0 == done.returncode, done.stderr
        assert str(tmp_path / "out") in done.stdout.decode()


@pytest.mark.beam
def test_the_account_names_ignored_fields_and_shows_rejects(tmp_path):
    """What was probably meant, an example of each reason, and what to do next."""
    records = [{"text": STORY, "author": "Ann", "x\x1b[31m": 1}, {"headline": "T"}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
    err = newsieve("run", tmp_path / "a.jsonl", "--output", tmp_path / "out").stderr.decode()

    assert "author 1; did you mean authors?" in err
    assert "--set 'input.fields={" in err
    assert "no_text 1, such as a.jsonl#2: " in err
    assert "\\x1b[31m" in err
    assert "\x1b" not in err
    assert f"report {tmp_path / 'out'}" in err


@pytest.mark.beam
@pytest.mark.parametrize(
    ("flags", "environment", "coloured"),
    [((), {}, False), (("--color", "always"), {"NO_COLOR": "1"}, True)],
)
def test_colour_is_for_whoever_asks(tmp_path, flags, environment, coloured, monkeypatch):
    """Not in a pipe; --color goes before NO_COLOR."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    text = ROOT / "raw/tarnmouth-courier/bakery-fire.txt"
    done = newsieve("run", text, "--output", tmp_path, *flags)
    assert coloured == (b"\x1b[" in done.stderr)
    done = newsieve("clean", "--explain", text, *flags)
    assert coloured == (b"\x1b[" in done.stdout)


@pytest.mark.beam
def test_clean_reads_what_is_piped_and_separates_documents(tmp_path):
    """Without `-`; two documents with a form feed between them, or as JSON in one object."""
    assert STORY.strip() == newsieve("clean", stdin=STORY.encode()).stdout.decode().strip()
    (tmp_path / "a.txt").write_text(STORY, "utf-8")
    (tmp_path / "b.txt").write_text(STORY, "utf-8")

    out = newsieve("clean", tmp_path / "a.txt", tmp_path / "b.txt").stdout.decode()
    assert f"{STORY.strip()}\n\f\n{STORY.strip()}\n" == out
    out = newsieve("clean", "--format", "json", "--explain", tmp_path).stdout
    found = json.loads(out)["documents"]
    assert ["a.txt", "b.txt"] == [each["source"] for each in found]
    assert all(each["lines"] for each in found)


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_matter(tmp_path, closed):
    """Nothing is opened under the number of a closed stream, and nothing is missed."""
    command = f'exec {sys.executable} -m pipeline run --input raw --output "$0" {closed}'
    finished = subprocess.run(
        ["sh", "-c", command, tmp_path / "out"], cwd=ROOT, capture_output=True, check=False
    )

    assert 0 == finished.returncode, finished.stderr
    assert b"Traceback" not in finished.stderr
    assert 1 == len(list((tmp_path / "out/runs").iterdir()))

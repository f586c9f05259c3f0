"""Other engines: what they need is found out before anything starts, and said at once."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
import time
import zipfile
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import apache_beam
import pytest
from clusters_page import documented
from runs import DAY, ROOT, newsieve

from pipeline.beam.engines import needs_of, require
from pipeline.beam.flink import Flink
from pipeline.beam.graph import STAGES, build
from pipeline.beam.options import ENGINES, REFUSED, parse_options
from pipeline.beam.pool import describe, serve_pool
from pipeline.config import Config
from pipeline.config_file import load_config
from pipeline.errors import NewsieveError, UsageError
from pipeline.passes.write_block import RunName
from pipeline.staging import Staging

OVERVIEW = {"flink-version": "1.19.3", "taskmanagers": 2, "slots-total": 2, "slots-available": 2}


@contextmanager
def flink(**answers):
    """A Flink that gives these answers by path; yield its address and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(f"{self.command} {self.path}")
            found = answers.get(self.path.strip("/").replace("/", "_"))
            if callable(found):
                found = found(asked)
            content = json.dumps(found).encode()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_PATCH = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def jar_for(engine, path, java=11, beam=apache_beam.__version__, version="1.19.3"):
    """Write a jar with what is looked at."""
    known = ENGINES[engine]
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("org/apache/beam/sdk/sdk.properties", f"# A\nversion={beam}\n")
        content.writestr(known.version_file, f"project.version={version}\n")
        name = known.driver.replace(".", "/") + ".class"
        content.writestr(name, b"\xca\xfe\xba\xbe\0\0" + (java + 44).to_bytes(2, "big"))
    return path


def program(path, text):
    """Write a program of the shell."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def parts(tmp_path):
    """What Flink needs, all of it: flags by name. Java only says its version, or fails."""
    java = program(
        tmp_path / "java",
        'case "$*" in *-version*) echo \'openjdk version "17.0.1"\' >&2;; '
        '*) echo "Exception in thread main: no room"; exit 1;; esac',
    )
    with (
        flink(overview=OVERVIEW, jobs_overview={"jobs": []}) as (address, _),
        serve_pool("127.0.0.1:0") as (host, port),
    ):
        yield {
            "runner": "FlinkRunner",
            "flink_master": address,
            "flink_version": "1.19",
            "flink_job_server_jar": str(jar_for("FlinkRunner", tmp_path / "flink.jar")),
            "job_server_java_launcher": str(java),
            "environment_type": "EXTERNAL",
            "environment_config": f"{host}:{port}",
        }


def flags_of(parts):
    """Flags after --."""
    return [f"--{name}={value}" for name, value in parts.items()]


def needs(parts, **settings):
    """What is needed, by name: (state, text)."""
    config = Config(run={"beam": parts, **settings})
    return {
        need.name: (need.state, need.text) for need in needs_of(config, parse_options(config, []))
    }


def test_where_nothing_is_missing_a_run_could_start(parts):
    """Jar, Java, cluster and worker are looked at, and are there."""
    found = needs(parts)

    assert {"ok"} == {state for state, _ in found.values()}
    assert ["flink_job_server_jar", "Java", "flink_master", "worker"] == list(found)


def test_a_job_server_of_another_beam_is_a_note(parts, tmp_path):
    """It may work; the supported one has the version of the Python package."""
    jar_for("FlinkRunner", tmp_path / "flink.jar", beam="2.62.0")
    state, text = needs(parts)["flink_job_server_jar"]

    assert "note" == state
    assert text.startswith("Beam 2.62.0 for Apache Flink 1.19.3; supported is only")


CHANGES = {
    "no jar": ({"flink_job_server_jar": ""}, "no jar is named, and a run downloads nothing"),
    "no such jar": ({"flink_job_server_jar": "/no/such.jar"}, "/no/such.jar: No such file"),
    "no Java": ({"job_server_java_launcher": "/no/java"}, "Java: /no/java is not found"),
    "no cluster": ({"flink_master": "127.0.0.1:1"}, "127.0.0.1:1: Flink cannot be reached"),
    "no worker": ({"environment_config": "127.0.0.1:1"}, "127.0.0.1:1: no worker answers"),
    "nothing of workers": (
        {"environment_type": None, "environment_config": None},
        "run `newsieve worker` next to each of its own workers",
    ),
    "too few slots": ({"parallelism": 3}, "2 slots of 2 task managers, but --parallelism=3"),
    "an uber jar": ({"flink_submit_uber_jar": True}, "flink_submit_uber_jar: a run starts its own"),
    "streaming": ({"streaming": True}, "streaming: a run reads files and ends"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_missing_is_named(case, parts):
    """One thing is not there: the message says which, and what to do."""
    changes, expected = CHANGES[case]
    beam = {name: value for name, value in (parts | changes).items() if value is not None}
    config = Config(run={"beam": beam})
    with pytest.raises(UsageError, match=r"^FlinkRunner cannot start: ") as caught:
        require(config, parse_options(config, []))
    assert expected in str(caught.value)
    assert ";" not in str(caught.value).partition(expected)[0], "one thing alone is missing"


def test_a_setting_that_means_nothing_there_is_refused(parts):
    """The number of workers is the engine's business."""
    state, text = needs(parts, workers=4)["run.workers"]

    assert "missing" == state
    assert text.startswith("= 4 has no meaning on Apache Flink: the number is set by the option")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"not a jar", "File is not a zip file"),
        ("SparkRunner", "not a job server for Apache Flink: it has no org.apache.beam"),
    ],
)
def test_a_wrong_jar_is_named(content, expected, parts, tmp_path):
    """What is no jar, and the jar for another engine."""
    if isinstance(content, bytes):
        (tmp_path / "flink.jar").write_bytes(content)
    else:
        jar_for(content, tmp_path / "flink.jar")

    assert ("missing", f"{tmp_path}/flink.jar: {expected}") == (
        needs(parts)["flink_job_server_jar"][0],
        needs(parts)["flink_job_server_jar"][1][: len(f"{tmp_path}/flink.jar: {expected}")],
    )


def test_a_jar_for_another_flink_and_a_newer_java_are_named(parts, tmp_path):
    """Both are read from the jar, not tried."""
    jar_for("FlinkRunner", tmp_path / "flink.jar", java=21, version="1.20.0")
    found = needs(parts)

    assert "Flink 1.19.3, but" in found["flink_master"][1]
    assert ("missing", "missing") == (found["flink_master"][0], found["Java"][0])
    assert found["Java"][1].endswith("the jar needs Java 21 or newer")


def test_a_cluster_whose_slots_are_taken_is_named(parts):
    """Other jobs have them."""
    taken = {"overview": OVERVIEW | {"slots-available": 0}, "jobs_overview": {"jobs": []}}
    with flink(**taken) as (address, _):
        state, text = needs(parts | {"flink_master": address})["flink_master"]

    assert "missing" == state
    assert text.endswith("0 of 2 slots are free, 1 are needed: other jobs are running")


def test_slots_that_a_run_has_left_are_no_reason_to_refuse(parts):
    """The job of a killed run holds them until the next run cancels it."""
    jobs = [{"jid": "a", "name": "newsieve-1", "state": "RUNNING"}]
    taken = {"overview": OVERVIEW | {"slots-available": 0}, "jobs_overview": {"jobs": jobs}}
    with flink(**taken) as (address, _):
        state, _ = needs(parts | {"flink_master": address})["flink_master"]

    assert "note" == state


def test_slots_are_waited_for():
    """They are free a moment after a job was cancelled; or they are not, and that is told."""
    free = iter([0, 1, 2, 2])
    with flink(overview=lambda _: OVERVIEW | {"slots-available": next(free)}) as (address, _):
        assert 2 == Flink(address).wait_for_slots(2, 20)
    with flink(overview=OVERVIEW | {"slots-available": 1}) as (address, _):
        assert 1 == Flink(address).wait_for_slots(2, 0.1)


def test_a_worker_with_other_packages_is_named(parts, monkeypatch):
    """The tables could differ."""
    packages = {"trafilatura": None, "numpy": "1.0"}
    here = describe()
    changed = here | {"packages": here["packages"] | packages, "newsieve": "0.0"}
    monkeypatch.setattr("pipeline.beam.pool.describe", lambda: changed)
    state, text = needs(parts)["worker"]

    assert "missing" == state
    assert f"newsieve 0.0 there, {here['newsieve']} here" in text
    assert "trafilatura is not installed there" in text
    assert "numpy 1.0 there" in text


@pytest.mark.parametrize("runner", [*REFUSED, "some.module.MyRunner"])
def test_engines_nobody_has_tried_are_refused(runner):
    """With the reason, and with the engines there are."""
    config = Config(run={"beam": {"runner": runner}})
    with pytest.raises(UsageError, match="is not known to give right results") as caught:
        require(config, parse_options(config, []))
    assert REFUSED.get(runner, "it was not tested") in str(caught.value)


def test_prism_is_never_downloaded(tmp_path):
    """Beam would; here the program has to be there."""
    found = needs({"runner": "PrismRunner"})
    assert "missing" == found["prism_location"][0]

    path = program(tmp_path / "prism", "exit 1")
    found = needs({"runner": "prism", "prism_location": str(path)})
    assert {"prism_location": "ok", "worker": "ok"} == {k: v[0] for k, v in found.items()}


def test_dataflow_says_everything_that_it_lacks(monkeypatch, tmp_path):
    """No credentials, no bucket, no storage that its workers could reach."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    found = needs(load_config(ROOT / "configs/dataflow.yaml").run.beam)

    assert {"project", "temp_location", "credentials", "storage"} <= set(found)
    assert {"missing"} == {state for state, _ in found.values()}
    assert "none.json is not a file" in found["credentials"][1]


def test_dataflow_with_everything_in_a_store_lacks_no_storage(monkeypatch, tmp_path):
    """Its workers reach what the run reaches."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    beam = load_config(ROOT / "configs/dataflow.yaml").run.beam
    places = {"input": {"paths": ["gs://news/raw"]}, "write": {"output": "gs://news/out"}}
    config = Config(run={"beam": beam}, **places)
    found = {need.name for need in needs_of(config, parse_options(config, []))}

    assert {"project", "temp_location", "credentials"} <= found
    assert "storage" not in found


@pytest.mark.parametrize("engine", ["flink", "spark"])
def test_the_configurations_of_engines_have_only_what_differs(engine):
    """They name the engine and its addresses, and every other setting is the default."""
    config = load_config(ROOT / f"configs/{engine}.yaml")

    assert Config() == config.model_copy(update={"run": Config().run})
    assert Config().run == config.run.model_copy(update={"beam": {}})
    assert engine in parse_options(config, []).runner.lower()


# --- the command line ---


@pytest.mark.slow
def test_a_run_that_cannot_start_is_exit_2_and_touches_nothing(tmp_path):
    """Within seconds, in one line, and no folder is made."""
    inputs = ["run", "--input", "raw", "--output", tmp_path / "out", "--", "--runner=FlinkRunner"]
    finished = newsieve(*inputs, "--flink_master=127.0.0.1:1")

    assert 2 == finished.returncode
    (line,) = finished.stderr.decode().splitlines()
    assert line.startswith("newsieve: FlinkRunner cannot start: flink_job_server_jar: no jar")
    assert not (tmp_path / "out").exists()


@contextmanager
def silent():
    """A server that takes connections and says nothing; yield its address."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


NO_SLOTS = {"overview": OVERVIEW | {"slots-available": 0}, "jobs_overview": {"jobs": []}}
STORED = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
TROUBLES = {
    "no slots": (2, "0 of 2 slots are free, 1 are needed"),
    "wrong jar": (2, "not a job server for Apache Flink"),
    "no jar at all": (2, "File is not a zip file"),
    "unreachable cluster": (2, "Flink cannot be reached"),
    "silent cluster": (2, "Flink cannot be reached"),
    "unreachable worker": (2, "no worker answers"),
    "silent worker": (2, "no worker answers"),
    "package missing in the worker": (2, "trafilatura is not installed there"),
    "job server fails": (1, "the job server does not start"),
    "unreachable store": (2, "s3://news/out: no answer from 127.0.0.1:1"),
    "silent store": (2, "s3://news/out: no answer from 127.0.0.1:"),
    "missing bucket": (2, "s3://absent: no such bucket"),
    "no credentials": (2, "no credentials; set AWS_ACCESS_KEY_ID"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", TROUBLES)
def test_trouble_is_one_message_within_thirty_seconds(case, parts, tmp_path, request, monkeypatch):
    """From the command line: exit 1 or 2, one line that says what it is, nothing published."""
    flags, output = dict(parts), f"{tmp_path}/out"
    for name in os.environ:
        if name.startswith("AWS_") and case != "missing bucket":
            monkeypatch.delenv(name)
    with ExitStack() as stack:
        mute = stack.enter_context(silent())
        if case == "no slots":
            flags["flink_master"] = stack.enter_context(flink(**NO_SLOTS))[0]
        elif case == "wrong jar":
            flags["flink_job_server_jar"] = jar_for("SparkRunner", tmp_path / "spark.jar")
        elif case == "no jar at all":
            (tmp_path / "flink.jar").write_bytes(b"no jar")
        elif case.endswith("cluster"):
            flags["flink_master"] = mute if "silent" in case else "127.0.0.1:1"
        elif case.startswith(("unreachable worker", "silent worker")):
            flags["environment_config"] = mute if "silent" in case else "127.0.0.1:1"
        elif case.startswith("package"):
            here = describe()
            changed = here | {"packages": here["packages"] | {"trafilatura": None}}
            monkeypatch.setattr("pipeline.beam.pool.describe", lambda: changed)
        elif case == "missing bucket":
            output = f"{request.getfixturevalue('store').scheme}://absent/out"
            flags = {}
        elif case != "job server fails":
            output, flags = "s3://news/out", {}
            server = mute if "silent" in case else "127.0.0.1:1"
            settings = STORED | {"AWS_ENDPOINT_URL": f"http://{server}"}
            for name, value in settings.items() if "credentials" not in case else ():
                monkeypatch.setenv(name, value)
        began = time.monotonic()
        words = ["run", "--input", "raw", "--output", output, "--", *flags_of(flags)]
        finished = newsieve(*words)
    seconds = time.monotonic() - began
    (line,) = finished.stderr.decode().splitlines()

    code, message = TROUBLES[case]
    assert code == finished.returncode
    assert message in line
    assert seconds < 30
    assert not (tmp_path / "out/runs").exists()


@pytest.mark.slow
def test_the_configuration_for_dataflow_is_exit_2_with_everything_that_is_missing():
    """As the page on clusters says."""
    finished = newsieve(*documented("check configs/dataflow.yaml"))

    assert 2 == finished.returncode
    assert b"missing storage: its workers share no disk" in finished.stdout


@pytest.mark.slow
def test_check_lists_what_an_engine_needs(parts, tmp_path):
    """A line for each, and exit 2 where one is missing."""
    arguments = ["check", "--input", "raw", "--output", tmp_path / "out"]
    fine = newsieve(*arguments, "--", *flags_of(parts))
    bad = newsieve(*arguments, "--format", "json", "--", *flags_of(parts | {"parallelism": 9}))

    assert 0 == fine.returncode, fine.stderr
    assert b"engine         FlinkRunner\n               ok      flink_job_server_jar" in fine.stdout
    assert 2 == bad.returncode
    states = {each["name"]: each["state"] for each in json.loads(bad.stdout)["needs"]}
    assert "missing" == states["flink_master"]
    assert b"FlinkRunner cannot start: flink_master missing; see above" in bad.stderr


@pytest.mark.slow
def test_a_job_server_that_does_not_start_is_its_last_words(parts, tmp_path):
    """Exit 1 with what Java said; nothing is published."""
    arguments = ["run", "--input", "raw", "--output", tmp_path / "out", "--", *flags_of(parts)]
    finished = newsieve(*arguments)

    assert 1 == finished.returncode, finished.stderr
    expected = "newsieve: the job server does not start: Exception in thread main: no room"
    assert expected in finished.stderr.decode()
    assert not (tmp_path / "out/runs").exists()


# --- Flink's own interface ---


def test_a_job_is_cancelled_and_waited_for():
    """Flink is asked until the job is gone."""
    states = iter(["RUNNING", "CANCELLING", "CANCELED"])
    job = {"jobs_a": lambda _: {"state": next(states)}, "jobs_a?mode=cancel": {}}
    with flink(**job) as (address, asked):
        assert Flink(address).cancel("a", 20)

    assert ["PATCH /jobs/a?mode=cancel", *["GET /jobs/a"] * 3] == asked


def test_only_jobs_of_the_run_that_are_at_work_are_found():
    """Neither those of others nor those that have ended."""
    jobs = [
        {"jid": "a", "name": "newsieve-1", "state": "RUNNING", "start-time": 3},
        {"jid": "b", "name": "newsieve-1", "state": "FINISHED", "start-time": 1},
        {"jid": "c", "name": "newsieve-2", "state": "RUNNING", "start-time": 2},
        {"jid": "d", "name": "newsieve-3", "state": "FAILED", "start-time": 4},
    ]
    trace = {"exceptionHistory": {"entries": [{"stacktrace": "the trace of d"}]}}
    with flink(jobs_overview={"jobs": jobs}, jobs_d_exceptions=trace) as (address, _):
        assert ["a"] == Flink(address).jobs("newsieve-1")
        assert "" == Flink(address).failure("newsieve-1")
        assert "the trace of d" == Flink(address).failure("newsieve-3")


def test_progress_names_our_stages():
    """In their order, those that tasks at work belong to; Beam's own steps are left out."""
    vertices = [
        {"name": "Impulse -> [1]CountLines/Count", "status": "FINISHED"},
        {
            "name": "MapPartition at [3]{Clean, Write, Deduplicate}",
            "status": "RUNNING",
        },
        {"name": "MapPartition at [1]FindRepeats/FindRepeated", "status": "RUNNING"},
        {"name": "GroupReduce at Write/GroupByBlock", "status": "CREATED"},
    ]
    with flink(jobs_a={"vertices": vertices}) as (address, _):
        told = Flink(address).progress("a", STAGES)

    assert "1 of 4 tasks finished; running: Clean, FindRepeats, Deduplicate, Write" == told


def test_the_stages_are_those_of_the_graph(tmp_path):
    """Each name is a step of the graph, and no step is missing."""
    root = apache_beam.Pipeline()
    build(root, [], RunName("r", DAY), Config(), Staging(str(tmp_path)))
    steps = {each.full_label for each in root.transforms_stack[0].parts}

    assert set(STAGES) == steps - {"Plan"}


@pytest.mark.parametrize("content", [[], "x", {"other": 1}, None])
def test_what_is_no_flink_is_said(content):
    """Another program that speaks HTTP."""
    with flink(overview=content) as (address, _), pytest.raises(NewsieveError, match="Flink"):
        Flink(address).overview()

"""deploy/: the files that start newsieve elsewhere name what exists, and treat exit codes right."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
import types

import pytest
from command_lines import find_commands, parse
from runs import ROOT, newsieve

from pipeline.errors import INTERRUPTED, LockedOutput

DEPLOY = ROOT / "deploy"
CRON = (DEPLOY / "newsieve.cron").read_text("utf-8")
SERVICE = DEPLOY / "systemd" / "newsieve.service"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")


def test_every_file_is_known_to_these_tests():
    """A new file in deploy/ wants a test here."""
    found = {path.relative_to(DEPLOY).as_posix() for path in DEPLOY.rglob("*") if path.is_file()}

    assert {
        "newsieve.cron",
        "systemd/newsieve.service",
        "systemd/newsieve.timer",
        "Dockerfile",
        "Dockerfile.dockerignore",
        "airflow/newsieve_dag.py",
    } == {name for name in found if "__pycache__" not in name}


@pytest.mark.parametrize("text", [CRON, SERVICE.read_text("utf-8"), DOCKERFILE])
def test_every_command_line_parses(text):
    """Verbs and flags exist."""
    commands = [command for command in find_commands(text) if "run" in command.split()]

    assert commands
    for command in commands:
        parse(command)


@pytest.mark.parametrize(("code", "mailed"), [(0, False), (75, False), (1, True), (3, True)])
def test_cron_mails_failures_only(tmp_path, code, mailed):
    """0 and 75 are silent; any other code is told, with the last lines of the log."""
    (line,) = [line for line in CRON.splitlines() if re.match(r"\d", line)]
    command = line.split(maxsplit=6)[6].replace("/srv/newsieve", str(tmp_path))
    (tmp_path / "log").mkdir()
    program = tmp_path / "newsieve"
    program.write_text(f"#!/bin/sh\necho folder; echo why >&2; exit {code}\n", "utf-8")
    program.chmod(0o755)
    finished = subprocess.run(
        ["sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )

    expected = f"newsieve ended in {code}\nwhy\n".encode() if mailed else b""
    assert (expected, b"") == (finished.stdout, finished.stderr)
    assert "folder\n" == (tmp_path / "log" / "runs").read_text("utf-8")


def test_systemd_takes_the_harmless_codes_for_success():
    """75 and 130 are; 1, 2 and 3 want somebody."""
    (codes,) = re.findall(r"^SuccessExitStatus=(.*)$", SERVICE.read_text("utf-8"), re.MULTILINE)

    assert {LockedOutput.exit_code, INTERRUPTED} == set(map(int, codes.split()))


def test_systemd_finds_no_fault_with_the_units(tmp_path):
    """Every key is known, in its section, and has a value that systemd understands."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in (SERVICE, SERVICE.with_suffix(".timer")):
        text = unit.read_text("utf-8").replace("/opt/newsieve/bin/newsieve", "/bin/true")
        (tmp_path / unit.name).write_text(text, "utf-8")
    finished = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "newsieve.service", tmp_path / "newsieve.timer"],
        capture_output=True,
        text=True,
        check=False,
    )

    # It reads the units of this machine too, and tells of those.
    assert [] == [line for line in finished.stderr.splitlines() if "newsieve" in line]
    assert 0 == finished.returncode


def test_the_image_is_made_of_what_exists():
    """Each COPY from the repository has its source there, and the ignore file lets it through."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()

    assert {"pyproject.toml", "newsieve/", "pipeline/"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.rstrip('/')}" in ignore, source


def test_the_image_starts_the_console_script_and_not_as_root():
    """Its entry point is what pyproject.toml installs; that answers; the user is nobody special."""
    entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)[1])
    scripts = (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.scripts]\n")[2]
    user = re.findall(r"^USER (\d+)", DOCKERFILE, re.MULTILINE)

    assert ["/opt/newsieve/bin/newsieve"] == entry
    assert scripts.startswith('newsieve = "newsieve.__main__:main"\n')
    assert ["10001"] == user
    assert newsieve("--version").stdout.startswith(b"newsieve ")


def test_the_base_image_is_a_plain_name():
    """No address of a registry: where images come from is for whoever builds."""
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert re.fullmatch(r"python:3\.\d+-slim", image)


@pytest.fixture
def operators(monkeypatch):
    """The DAG file run against stand-ins for Airflow: (arguments of DAG, of the operator)."""
    made = {"operator": {}}

    class DAG:
        def __init__(self, **arguments):
            made["dag"] = arguments

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            pass

    modules = ["airflow", "airflow.sdk", "airflow.providers", "airflow.providers.standard"]
    modules += ["airflow.providers.standard.operators", "airflow.providers.standard.operators.bash"]
    for name in modules:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["airflow.sdk"].DAG = DAG
    sys.modules[modules[-1]].BashOperator = made["operator"].update
    runpy.run_path(str(DEPLOY / "airflow" / "newsieve_dag.py"))
    return made["dag"], made["operator"]


def test_the_dag_passes_the_logical_date(operators):
    """Its template is Airflow's day, and the command parses with a day in its place."""
    _, operator = operators
    command = operator["bash_command"]

    assert "--logical-date {{ ds }}" in command
    parse(command.replace("{{ ds }}", "2026-01-31").split(maxsplit=1)[1])


def test_the_dag_skips_when_the_lock_is_taken_and_runs_one_at_a_time(operators):
    """75 is no failure; runs that were missed are not made up for."""
    dag, operator = operators

    assert LockedOutput.exit_code == operator["skip_on_exit_code"]
    assert (1, False) == (dag["max_active_runs"], dag["catchup"])

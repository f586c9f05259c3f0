"""docs/operations.md: its commands, settings, names and programs are those of the code."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys

import pytest
from command_lines import find_commands, parse
from factories import story
from runs import ROOT, run

from pipeline.config import Config
from pipeline.config_file import setting_names
from pipeline.monitor.log import EVENTS

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
CODE = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
CODE += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", PAGE)
COMMANDS = [
    command
    for line in "\n".join(CODE).splitlines()
    if re.match(r"(/opt/newsieve/bin/)?newsieve ", line)
    for command in find_commands(line)
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_parses(command):
    """Verbs and flags exist, but for verbs of the contract that are to come."""
    parse(command.replace("…", "").replace("OUTPUT", str(ROOT)))


def test_the_page_has_commands():
    """The search above finds them."""
    verbs = {word for command in COMMANDS for word in command.split()}

    assert {"run", "check", "publish", "discard", "undo", "remove", "compact"} <= verbs


def test_every_setting_exists():
    """Whatever is written section.setting is a setting."""
    sections = "|".join(Config.model_fields)
    named = set(re.findall(rf"(?<![\w/.])(?:{sections})\.[a-z_]+\b(?!\()", PAGE))

    assert {"input.min_age_s", "run.metrics_file"} <= named
    assert set() == named - set(setting_names())


def test_the_events_are_those_of_the_log():
    """The table lists the closed list, no more and no less."""
    table = PAGE.partition("| event | when")[2].partition("\n\n")[0]

    assert list(EVENTS) == re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def test_the_gauges_are_those_of_the_code():
    """Each name stands in both."""
    code = (ROOT / "pipeline" / "monitor" / "metrics_file.py").read_text("utf-8")

    assert set(re.findall(r'"(newsieve_\w+)"', code)) == set(
        re.findall(r"newsieve_(?!dag)\w+", PAGE)
    ) | {"newsieve_build_info"}


def test_links_within_the_page_and_to_files_lead_somewhere():
    """Every heading and every file that is linked exists."""
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        if target.startswith("#"):
            assert target[1:] in headings, target
        else:
            assert (ROOT / "docs" / target).exists(), target


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with raw/ and output/: three stories read, one late, one grown, one unreadable."""
    folder = tmp_path_factory.mktemp("operations")
    day = folder / "raw" / "2026-11-20"
    day.mkdir(parents=True)
    for number in range(3):
        (day / f"{number}.txt").write_text(story(number), "utf-8")
    (day / "grown.jsonl").write_text('{"text": "A story of its own."}\n', "utf-8")
    (day / "unreadable.txt").symlink_to("unreadable.txt")
    run(folder / "raw", folder / "output")
    (day / "unreadable.txt").unlink()
    (day / "unreadable.txt").write_text(story(7), "utf-8")
    with (day / "grown.jsonl").open("a") as file:
        file.write('{"text": "Another."}\n')
    (day / "late.txt").write_text(story(9), "utf-8")
    return folder


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.split("\n\n")[-2][:30])
def test_every_program_runs(program, folder):
    """The lines that read the collection do so; where a library is missing, this is skipped."""
    libraries = re.findall(r"^(?:import|from) (\w+)", program, re.MULTILINE)
    for library in libraries:
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    environment = os.environ | {"HF_HOME": str(folder / "cache")}
    finished = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == finished.returncode, finished.stderr
    assert finished.stdout


def test_what_no_run_has_read_is_named(folder):
    """The program for raw/ prints what came, grew or can be read since, and no other file."""
    (program,) = [program for program in PROGRAMS if "inputs.parquet" in program]
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )

    names = [f"raw/2026-11-20/{name}" for name in ("grown.jsonl", "late.txt", "unreadable.txt")]
    assert names == finished.stdout.splitlines()

"""The commands and programs of the documentation work as they are written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from factories import story
from runs import ROOT

from pipeline.storage import write_bytes
from pipeline.storage.objects import StorePath

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES.remove(ROOT / "docs/package.md")  # it installs the published package
ELSEWHERE = re.compile(
    r"/opt/|/etc/|/srv/|OUTPUT\b|rsync|make (?:test|bench|train|adversarial|year)|tests/benchmarks|"
    r"training|campaigns|docker|systemctl|PYTHONPATH|newsieve worker|newsieve\[|flink|"
    r"spark|[Pp]rism|dataflow"
)
"""What needs root or a cluster, takes hours, or has a placeholder; ``test_how_to`` parses it."""


def blocks(page, *languages):
    """The code blocks of *page* in one of *languages*."""
    fenced = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    found = fenced.findall(page.read_text("utf-8"))
    return [block for language, block in found if language in languages]


SESSIONS = {
    page.relative_to(ROOT).as_posix(): "\n".join(here)
    for page in PAGES
    if (here := [each for each in blocks(page, "sh", "bash") if not ELSEWHERE.search(each)])
}
"""Page → what somebody types who works through it from top to bottom."""
INSTALLED = "docs/how-to/"
"""Pages for those who have the command already."""
OBJECTS = "docs/how-to/object-storage.md"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A fresh checkout with the environment of these tests, after ``make run``."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("raw", "configs"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
        os.utime(folder / name, (0, 0))
    environment = folder / ".venv"
    shutil.copytree(Path(sys.prefix) / "bin", environment / "bin", symlinks=True)
    (environment / "installed").touch()
    return folder


def shell(command, folder):
    """Run *command* in a shell as a new user has it."""
    path = os.environ.get("PATH", "").split(os.pathsep)
    clean_path = [each for each in path if not (Path(each) / "newsieve").exists()]
    return subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": os.pathsep.join(clean_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def first_run(checkout):
    """What ``make run`` says the first time."""
    done = shell("make run", checkout)
    assert 0 == done.returncode, done.stderr
    return done


@pytest.mark.beam
@pytest.mark.parametrize("page", SESSIONS)
@pytest.mark.usefixtures("first_run")
def test_every_command_block_works_as_written(page, checkout, request):
    """Line by line, after ``make run``, on files that the checkout has, or objects of a store."""
    if page == OBJECTS:
        request.getfixturevalue("store")
        records = [{"id": str(n), "text": story(n, 90)} for n in range(3)]
        records[0]["url"] = "https://www.example.org/2026/01/a-name"
        lines = "".join(json.dumps(record) + "\n" for record in records)
        write_bytes(StorePath.parse("s3://news/scraped/a.jsonl"), lines.encode())
    start = "source .venv/bin/activate\n" if page.startswith(INSTALLED) else ""
    done = shell(f"{start}set -v\n{SESSIONS[page]}", checkout)

    assert 0 == done.returncode, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.beam
def test_the_account_of_the_first_run_is_the_one_in_the_readme(first_run):
    """But for the time it took and the day."""
    (shown,) = [block for block in blocks(PAGES[0], "") if "\nread " in block]
    expected = plain(shown)

    assert expected in plain(first_run.stderr)


def plain(text):
    """*text* without what differs from day to day."""
    text = re.sub(r"in [\d.]+ s", "in _ s", text)
    return re.sub(r"\d{4}-\d\d-\d\d-(\d{6})-[0-9a-f]{8}", r"_-\1-_", text).strip()


@pytest.mark.beam
def test_what_a_run_says_is_next_works(checkout, first_run):
    """Each command below ``next``, as it stands."""
    told = first_run.stderr.partition("next       ")[2]
    commands = [line.strip() for line in told.splitlines() if "newsieve" in line]

    assert 2 == len(commands)
    for command in commands:
        done = shell(command, checkout)
        assert 0 == done.returncode, (command, done.stderr)


@pytest.mark.beam
@pytest.mark.parametrize("program", blocks(PAGES[0], "python"))
@pytest.mark.usefixtures("first_run")
def test_the_programs_of_the_readme_say_what_comes_out(program, checkout):
    """Where a comment shows a value, that is the value."""
    lines = []
    for line in program.splitlines():
        code, _, comment = line.partition("  # ")
        lines.append(f"assert {comment} == {code}, {code}" if comment.startswith("'") else line)
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr

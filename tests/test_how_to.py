"""The pages of docs/: commands, settings, names and programs are the code's; the site builds."""

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

from pipeline.cli import newsieve
from pipeline.config import Config
from pipeline.config_file import settings
from pipeline.monitor.log import EVENTS

DOCS = ROOT / "docs"
PAGES = {
    path.relative_to(DOCS).as_posix(): path.read_text("utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if "decisions" not in path.parts and path.name != "package.md"
}
EVERYTHING = "\n".join(PAGES.values())
PROGRAMS = {
    f"{page}: {program.splitlines()[-1]}": program
    for page, text in PAGES.items()
    if page.startswith(("how-to/", "tutorial"))
    for program in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
}
CODE = re.findall(r"^```(?:sh|text)\n(.*?)^```", EVERYTHING, re.MULTILINE | re.DOTALL)
CODE += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", EVERYTHING)
COMMANDS = sorted(
    {
        command
        for line in "\n".join(CODE).splitlines()
        if re.match(r"(/opt/newsieve/bin/)?newsieve ", line)
        for command in find_commands(line)
        if " " in command.strip() and command != "COMMAND --help"
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_parses(command):
    """Verbs and flags exist."""
    parse(re.sub(r"OUTPUT\b|(?:output|news)/(?= |$)", str(ROOT), command.replace("…", "")))


def test_the_pages_have_commands():
    """The search above finds them."""
    assert set(newsieve.commands) <= {word for command in COMMANDS for word in command.split()}


def test_every_setting_exists():
    """Whatever is written section.setting is a setting."""
    sections = "|".join(Config.model_fields)
    named = set(
        re.findall(rf"(?<![\w/.])`(?:--set )?((?:{sections})\.[a-z_]+)(?=[=`])", EVERYTHING)
    )

    assert {"input.min_age_s", "run.metrics_file"} <= named
    assert set() == named - set(settings())


def test_the_events_are_those_of_the_log():
    """The table lists the closed list, no more and no less."""
    table = PAGES["log-and-metrics.md"].partition("| event | when")[2].partition("\n\n")[0]

    assert list(EVENTS) == re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def test_the_gauges_are_those_of_the_code():
    """Each name stands in both."""
    code = (ROOT / "pipeline" / "monitor" / "metrics_file.py").read_text("utf-8")
    pages = PAGES["log-and-metrics.md"] + PAGES["how-to/monitor.md"]

    assert set(re.findall(r'"(newsieve_\w+)"', code)) == set(re.findall(r"newsieve_\w+", pages)) | {
        "newsieve_build_info"
    }


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    """Sphinx treats each as an error; no page loads anything from elsewhere."""
    if importlib.util.find_spec("sphinx") is None:
        pytest.skip("the extra `docs` is not installed")
    folders = [ROOT / "docs", tmp_path / "site"]
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-d"]
    done = subprocess.run(
        [*command, tmp_path / "trees", *folders], capture_output=True, text=True, check=False
    )

    assert "" == done.stdout + done.stderr
    assert 0 == done.returncode
    site = {path.relative_to(folders[1]).as_posix(): path for path in folders[1].rglob("*.html")}
    assert {page.replace(".md", ".html") for page in PAGES} <= set(site)
    loaded = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//[^\"]*")
    assert {} == {
        name: found
        for name, path in site.items()
        if (found := loaded.findall(path.read_text("utf-8")))
    }
    styles = "".join(path.read_text("utf-8") for path in folders[1].rglob("*.css"))
    assert [] == re.findall(r"url\(['\"]?(?:https?:)?//|@import", styles)


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
    page = "kesterby-post/ferry-strike.html"
    (folder / "raw" / page).parent.mkdir()
    (folder / "raw" / page).write_bytes((ROOT / "raw" / page).read_bytes())
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_runs(name, folder):
    """The lines that read the collection do so; where a library is missing, this is skipped."""
    program = PROGRAMS[name]
    libraries = re.findall(r"^(?:import|from) (\w+)", program, re.MULTILINE)
    for library in libraries:
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    environment = os.environ | {"HF_HOME": str(folder / "cache"), "SPARK_LOCAL_IP": "127.0.0.1"}
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
    (program,) = [program for program in PROGRAMS.values() if "inputs.parquet" in program]
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )

    names = [f"raw/2026-11-20/{name}" for name in ("grown.jsonl", "late.txt", "unreadable.txt")]
    assert names == finished.stdout.splitlines()

"""The documentation: what it links to, names and runs exists; a decision is one page."""

from __future__ import annotations

import re
from pathlib import Path

import apache_beam
import clusters_page
import pytest
from command_lines import find_commands, parse
from runs import ROOT, run

from pipeline.config import Config
from pipeline.config_file import settings as known_settings

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    command
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for command in find_commands(block)
]
NAMED = ("pipeline", "tests", "training", "docs", "configs", "deploy")
"""Folders whose files the documentation names."""


def name(path: Path) -> str:
    """A page by its path in the repository."""
    return path.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The fragments that headings of *page* can be linked by."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page):
    """A linked file exists, and so does the heading behind its #."""
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page

        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_settings_targets_and_files_exist(page):
    """What a page calls a setting, a target of make or a file of the repository is one."""
    text = page.read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    sections = "|".join(Config.model_fields)
    settings = re.findall(rf"`((?:{sections})\.[a-z_]+)(?:=[^`]*|: [^`]*)?`", text)
    targets = re.findall(r"\bmake ([a-z][a-z-]*)(?=[`,;:)\s]*(?:`|$|\n|  #))", text)
    files = set(re.findall(rf"(?<![\w/.-])((?:{'|'.join(NAMED)})/[\w./-]*\w)", text))
    modules = set(re.findall(r"`([\w/]+\.py)`", text)) - files

    assert set() == set(settings) - set(known_settings())
    assert set() == {each for each in targets if f"\n{each}:" not in makefile}
    assert set() == {each for each in files if not (ROOT / each).exists()}
    assert set() == {each for each in modules if not any(ROOT.glob(f"[dpt]*/**/{each}"))}


def test_decisions_are_numbered_without_gaps_and_listed():
    """Their numbers run from 1, and the list of decisions links each."""
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")

    assert list(range(1, len(DECISIONS) + 1)) == [int(page.name[:4]) for page in DECISIONS]
    assert [page.name for page in DECISIONS] == re.findall(r"\]\((0[^)]+)\)", listed)


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_is_one_page(page):
    """At most 520 words, tables counted; it bears its number and asks a question."""
    text = page.read_text("utf-8")

    assert len(text.split()) <= 520, "move tables to docs/measurements.md"
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert "**Question.**" in text


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_lines_fit(page):
    """Prose has at most 120 characters a line; only rows of tables are longer."""
    lines = page.read_text("utf-8").splitlines()
    prose = re.sub(r"```.*?```", "", "\n".join(lines), flags=re.DOTALL).splitlines()

    assert [] == [line for line in prose if len(line) > 120 and not line.startswith("|")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_parses(command):
    """Verbs and flags exist, and so do the files of raw/ that it names."""
    parse(command)

    assert [] == [
        each for each in command.split() if each[:4] == "raw/" and not (ROOT / each).exists()
    ]


def test_the_python_example_says_what_it_does(tmp_path, monkeypatch):
    """The program of the README runs, and gives the values in its comments."""
    run(ROOT / "raw", tmp_path / "output")
    (tmp_path / "raw").symlink_to(ROOT / "raw")
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    told = re.findall(r"^(article\.[\w.()]+) +# (['(].*)$", program, re.MULTILINE)
    names: dict[str, object] = {}
    exec(program, names)

    assert len(told) >= 2
    assert [value for _, value in told] == [repr(eval(each, names)) for each, _ in told]


def test_where_a_new_thing_goes_is_where_it_is_kept():
    """Each table that CONTRIBUTING sends to is written out in a file named in the same row."""
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = [
        line for line in contributing.splitlines() if re.match(r"\| .*`(?:pipeline|tests)/", line)
    ]
    for row in rows:
        named = re.findall(r"`((?:pipeline|tests)/[\w/]+\.py)`", row)
        sources = "\n".join((ROOT / path).read_text("utf-8") for path in named)
        tables = re.findall(r"^(_?[A-Z_]+)\b[^\n]* = (?:\w+\(|[(\[{])", sources, re.MULTILINE)
        wanted = re.findall(r"`(_?[A-Z][A-Z_]+)`", row)

        assert set() == set(wanted) - set(tables), row
    assert len(rows) > 10


def test_every_command_of_the_clusters_page_is_run_by_a_test():
    """Each line is asked for by a test or a campaign, which run it as it stands there."""
    names = ("beam/test_prism", "beam/test_engines", "campaigns/cluster", "campaigns/engines")
    code = "".join((ROOT / f"tests/{each}.py").read_text("utf-8") for each in names)
    asked = re.findall(r'(?:documented|succeed|begin|command)\((?:work, )?"([^"]+)"', code)
    build = "go install github.com/apache/beam/sdks/v2/go/cmd/prism@"

    assert [] == [
        line
        for line in clusters_page.COMMANDS
        if build not in line and not any(line.startswith(f"newsieve {each}") for each in asked)
    ]
    assert any(f"{build}v{apache_beam.__version__}" in line for line in clusters_page.COMMANDS)

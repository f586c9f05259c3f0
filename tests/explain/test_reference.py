"""What the documentation says is what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from reference import column_tables, default_config, pages

from pipeline.cli import newsieve
from pipeline.config import Config
from pipeline.config_file import settings
from pipeline.write.columns import TABLES, columns_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", pages())
def test_what_the_code_writes_is_up_to_date(path):
    """Commands, settings, columns, answers and the default configuration, as the code has them."""
    written = (ROOT / path).read_text(encoding="utf-8")

    assert pages()[path] == written, f"{path} is out of date: run `make defaults`"


@pytest.mark.parametrize("verb", newsieve.commands)
def test_every_command_has_a_section_with_all_its_flags(verb):
    """In docs/cli.md, with its first sentence."""
    section = pages()["docs/cli.md"].split(f"\n## newsieve {verb}\n")[1].split("\n## ")[0]
    command = newsieve.commands[verb]
    flags = [name for each in command.params for name in each.opts if name[0] == "-"]

    assert command.help.split(".")[0] in section.replace("\\", "")
    assert [] == [name for name in flags if name not in section]


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_a_row(table):
    """In its table, in order, with a mark where it is never null."""
    section = column_tables().split(f"\n## {table}\n")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]

    expected = [f"| {each.name}{'!' * (each.need == '!')}" for each in columns_of(table)]
    assert expected == [row[0] for row in rows]
    assert {3} == {len(row) for row in rows}


def test_every_setting_stands_below_its_documentation():
    """The default file can be read from top to bottom."""
    lines = default_config().splitlines()

    for name, info in settings().items():
        section, setting = name.split(".")
        place = lines.index(f"  # {info.description}", lines.index(f"{section}:"))
        assert lines[place + 1].startswith(f"  {setting}: ")
    assert Config().model_dump(mode="json") == yaml.safe_load(default_config())

"""The parts of the documentation that are written by the code: settings and columns.

``python -m pipeline.explain.reference`` writes them anew; a test keeps them equal.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.config_file import commented_yaml
from pipeline.records import REASONS
from pipeline.write.columns import TABLES, columns_of

CONFIG_HEADER = """\
# Every setting with its default. `newsieve check` shows what is in force; a single one is
# changed with --set section.setting=value. This file is written by `make defaults`.

"""
COLUMNS_HEADER = """\
# Columns of the tables

Scripts may rely on these names, types and meanings; `!` marks columns that are never null.
null means unknown, never "" or a guess. `make defaults` writes this from the code.
"""


def default_config() -> str:
    """Give configs/default.yaml."""
    return CONFIG_HEADER + commented_yaml(Config())


def column_tables() -> str:
    """Give docs/output.md: a table of columns for each Parquet table, and the reasons."""
    sections = [COLUMNS_HEADER]
    for table in TABLES:
        sections.append(f"\n## {table}\n\n| column | type | meaning |\n|---|---|---|\n")
        for column in columns_of(table):
            mark = "!" if column.need == "!" else ""
            kind = str(column.type).replace(" not null", "").replace("|", "\\|")
            sections.append(f"| {column.name}{mark} | {kind} | {column.doc} |\n")
    sections.append("\n## Reasons in rejects\n\n| reason | meaning |\n|---|---|\n")
    sections += [f"| {reason} | {meaning} |\n" for reason, meaning in REASONS.items()]
    return "".join(sections)


if __name__ == "__main__":
    Path("configs/default.yaml").write_text(default_config(), encoding="utf-8")
    Path("docs/output.md").write_text(column_tables(), encoding="utf-8")

"""The commands of docs/clusters.md, which tests run as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "clusters.md").read_text("utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
"""Each a line of the page."""


def documented(start: str, *more: str) -> list[str]:
    """Words of the command that begins with *start*, without the program; *more* before ``--``."""
    (found,) = (line for line in COMMANDS if line.startswith(f"newsieve {start}"))
    words = shlex.split(found)[1:]
    place = words.index("--") if "--" in words else len(words)
    return [*words[:place], *more, *words[place:]]

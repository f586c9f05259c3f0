"""Answers as text for a terminal: one template per command, in ``templates/``.

Read ``as_text``. Answers that are tables or a few lines are formatted where they are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.text.terminal import counted, paint, shown_in

if TYPE_CHECKING:
    from jinja2 import Environment


def as_text(name: str, answer: Mapping[str, Any]) -> list[str]:
    """Format *answer* by the template *name*; return its lines, in colour, with data escaped."""
    template = _environment().get_template(f"{name}.txt")
    return template.render(shown_in(dict(answer))).rstrip("\n").split("\n")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - 45 ms

    loader = PackageLoader("pipeline.explain", "templates")
    environment = Environment(  # noqa: S701 - not HTML; shown_in escapes
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": "{:,}".format,
        "spec": format,
        "paint": paint,
        "counted": counted,
    }
    return environment

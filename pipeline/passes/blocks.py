"""The unit of work: a few inputs that are read, cleaned and written together."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.read.parts import Part


@dataclass(frozen=True, slots=True)
class Block:
    """Inputs that become one staged block and one file of each table.

    Attributes:
        index: place in the plan, from 0; it orders everything that comes after.
        parts: whole files, or ranges of lines of one large file.
    """

    index: int
    parts: tuple[Part, ...]

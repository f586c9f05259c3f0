"""What all answers have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """An object of an answer; the docstring under a field is its documentation."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Counted(Answer):
    """A name, and how often it was counted; null means unknown."""

    name: str | None
    count: int

"""What every command answers with ``--format json``: models read from ``answers.yaml``."""

from __future__ import annotations

import ast
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, create_model

_TYPES: dict[str, Any] = {"Any": Any, "Literal": Literal}


class Answer(BaseModel):
    """An object of an answer."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=lambda name: name.rstrip("_"),  # copy_ and from_: Python's are taken
    )


def _model(name: str, lines: dict[str, str]) -> type[Answer]:
    about, fields = lines.pop("about"), dict[str, Any]()
    for names, line in lines.items():
        kind, _, meaning = line.partition("; ")
        kind, _, default = kind.partition(" = ")
        value = ast.literal_eval(default) if default else ...
        info = Field(value, description=meaning or None)
        fields |= dict.fromkeys(names.split(", "), (kind, info))
    return create_model(name, __base__=Answer, __doc__=about, **fields)


def _models() -> dict[str, type[Answer]]:
    table = yaml.safe_load(files(__package__).joinpath("answers.yaml").read_text("utf-8"))
    models = {name: _model(name, lines) for name, lines in table.items()}
    for model in models.values():
        model.model_rebuild(_types_namespace=_TYPES | models)
    return models


ANSWERS: dict[str, type[Answer]] = {
    name.lower(): model
    for name, model in _models().items()
    if (model.__doc__ or "").startswith("``newsieve")
}
"""Command → what it answers."""

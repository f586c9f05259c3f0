"""A Config from a YAML file and ``--set`` flags, or a list of all problems. Read ``load_config``.

Flags override the file. Each problem has its location (file:line or flag), the setting and its
value, what is allowed, and what the setting is for; for an unknown name, a suggestion.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pipeline.config import Config
from pipeline.errors import ConfigError, UsageError

OWN_CONFIG = Path("newsieve.yaml")
DEFAULT_CONFIG = Path("configs/default.yaml")

_MESSAGES = {
    "int_parsing": "should be a whole number",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
    "string_type": "should be text",
    "tuple_type": "should be a list",
    "dict_type": "should be a table of names and values",
    "model_type": "should be a section of settings",
    "model_attributes_type": "should be a section of settings",
}
"""Replacements for pydantic's messages that name Python types."""

_MAX_VALUES = 10_000
"""Maximum values in a file, with aliases expanded: ten lines can expand to billions."""
_YAML_ERRORS = (yaml.YAMLError, ValueError, IndexError, KeyError, AttributeError, RecursionError)
"""What PyYAML raises for text that is not YAML, or for values that contradict their tags."""


@dataclass
class _Source:
    """Raw settings, the place of each, and settings that are given twice (place, message)."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[tuple[str, ...], str] = field(default_factory=dict)
    duplicates: list[tuple[str, str]] = field(default_factory=list)

    def place_of(self, path: tuple[str, ...]) -> str:
        """Return the place of *path*, or of the section around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, "configuration")


def load_config(path: Path | None, overrides: Sequence[str] = ()) -> Config:
    """Read the configuration from a YAML file (None: the defaults).

    *overrides* are ``section.setting=value``, the value in YAML. Raises UsageError if the file
    cannot be read, or an override has no ``=``; ConfigError, which lists all problems of settings.
    """
    source = _Source()
    if path is not None:
        _read_file(path, source)
    for override in overrides:
        _apply(override, source)
    found = list(source.duplicates)
    try:
        config = Config.model_validate(source.values)
    except ValidationError as error:
        found += _problems(error, source)
    else:
        if not found:
            return config
    problems = [f"  {place}\n{text}" for place, text in sorted(found, key=_line_order)]
    count = f"{len(problems)} problem{'s' * (len(problems) > 1)}"
    raise ConfigError(f"{path or 'configuration'}: {count}\n\n" + "\n".join(problems))


def find_config() -> Path | None:
    """Find the configuration of the working folder: newsieve.yaml, else configs/default.yaml.

    Many projects have a configs/default.yaml. If none of its names is, or resembles, one of our
    sections, it belongs to something else and is ignored with a warning.
    """
    if OWN_CONFIG.is_file():
        return OWN_CONFIG
    if not DEFAULT_CONFIG.is_file():
        return None
    try:
        values = yaml.safe_load(DEFAULT_CONFIG.read_text(encoding="utf-8"))
    except (OSError, *_YAML_ERRORS):
        return DEFAULT_CONFIG  # reading it will report the problem
    names = [str(name) for name in values] if isinstance(values, dict) else []
    ours = list(Config.model_fields)
    if not names or any(difflib.get_close_matches(name, ours, n=1, cutoff=0.75) for name in names):
        return DEFAULT_CONFIG
    logging.getLogger("newsieve").warning(
        "ignoring %s: it has no newsieve sections. Pass your file with --config, or name it %s",
        DEFAULT_CONFIG,
        OWN_CONFIG,
    )
    return None


def redirected(config: Config, inputs: Sequence[str], output: str | None) -> Config:
    """Replace ``input.paths`` and ``write.output``, unless *inputs* or *output* is empty."""
    read = config.input.model_copy(update={"paths": tuple(inputs)} if inputs else {})
    write = config.write.model_copy(update={"output": output} if output else {})
    return config.model_copy(update={"input": read, "write": write})


def changed(config: Config) -> dict[str, Any]:
    """Give the settings that differ from the defaults, by dotted name."""
    usual = Config().model_dump(mode="json")
    return {
        f"{section}.{name}": value
        for section, values in config.model_dump(mode="json").items()
        for name, value in values.items()
        if value != usual[section][name]
    }


def _read_file(path: Path, source: _Source) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{path}: cannot read the configuration: {reason}") from None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        _check_size(node, {})
        _note_places(node, str(path), (), source)
        values = None if node is None else loader.construct_document(node)
    except _YAML_ERRORS as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{path}{line}: not valid YAML: {problem}") from None
    if values is None:
        return
    if not isinstance(values, dict):
        raise ConfigError(f"{path}:1: expected sections such as 'input:', found {values!r}")
    source.values = values


def _check_size(node: yaml.Node | None, sizes: dict[int, int]) -> int:
    """Return the number of values of *node*, with aliases expanded.

    *sizes* maps the id of a node to its number of values, 0 while it is being counted. Raises
    ValueError if there are more than ``_MAX_VALUES``, or a node contains itself.
    """
    if id(node) not in sizes:
        sizes[id(node)] = 0
        value = getattr(node, "value", ())
        below = [] if isinstance(value, str) else value
        each = (part for item in below for part in (item if isinstance(item, tuple) else (item,)))
        sizes[id(node)] = 1 + sum(_check_size(part, sizes) for part in each)
    if not 0 < sizes[id(node)] <= _MAX_VALUES:
        raise ValueError("aliases (*name) expand to too much, or to themselves")
    return sizes[id(node)]


def _note_places(node: yaml.Node | None, name: str, path: tuple[str, ...], source: _Source) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        inner = (*path, str(key.value))
        if inner in source.places:
            first = source.places[inner].rpartition(":")[2]
            text = f"    {'.'.join(inner)}: set twice; first on line {first}"
            source.duplicates.append((f"{name}:{key.start_mark.line + 1}", text))
        source.places[inner] = f"{name}:{key.start_mark.line + 1}"
        _note_places(value, name, inner, source)


def _apply(override: str, source: _Source) -> None:
    name, equals, text = override.partition("=")
    if not equals or not name.strip():
        raise UsageError(
            f"--set {override}: expected section.setting=value, e.g. clean.mode=careful"
        )
    try:
        value = yaml.safe_load(text)
    except _YAML_ERRORS:
        value = text
    path = tuple(name.strip().split("."))
    values = source.values
    for part in path[:-1]:
        inner = values.get(part)
        if not isinstance(inner, dict):
            inner = values[part] = {}
        values = inner
    values[path[-1]] = value
    flag = f"--set {name.strip()}"
    source.places[path] = source.places[path[:2]] = flag
    source.places.setdefault(path[:1], flag)


def _problems(error: ValidationError, source: _Source) -> list[tuple[str, str]]:
    """Describe each problem once: (place, description)."""
    seen: dict[tuple[str, ...], tuple[str, str]] = {}
    for details in error.errors():
        # Section and setting: pydantic adds parts for unions and items.
        path = tuple(str(part) for part in details["loc"])[:2]
        text = _describe(path, details)
        place = source.place_of(path)
        if details["type"] == "value_error" and len(path) == 1:
            # Messages of validators of a section begin with the name of the setting.
            place = source.place_of((*path, str(details["ctx"]["error"]).split()[0]))
        seen.setdefault(path, (place, text))
    return list(seen.values())


def _line_order(problem: tuple[str, str]) -> tuple[str, int, str]:
    name, _, line = problem[0].rpartition(":")
    return (name, int(line), problem[1]) if line.isdigit() else (problem[0], 0, problem[1])


def _describe(path: tuple[str, ...], details: ErrorDetails) -> str:
    name = ".".join(path)
    if details["type"] == "extra_forbidden":
        return f"    {name}: no such setting; {_suggest(path)}"
    if details["type"] == "value_error":
        return f"    {name}: {details['ctx']['error']}"
    message = _MESSAGES.get(details["type"]) or details["msg"].removeprefix("Input ")
    if path == ("run", "workers"):  # a union: pydantic reports its members one by one
        message = "should be a whole number from 1 to 256, or auto"
    text = f"    {name} = {details['input']!r}: {message}"
    setting = settings().get(name)
    if setting is None:
        return text
    default = setting.get_default(call_default_factory=True)
    return f"{text}\n    {setting.description} (default {default!r})"


def _suggest(path: tuple[str, ...]) -> str:
    """Suggest the closest setting, or list those of the section."""
    known = list(settings())
    near = difflib.get_close_matches(".".join(path), known, n=1, cutoff=0.75)
    if near:
        return f"did you mean {near[0]}?"
    siblings = [name for name in known if len(path) > 1 and name.startswith(f"{path[0]}.")]
    if siblings:
        return f"{path[0]} has: {', '.join(name.split('.')[1] for name in siblings)}"
    return f"the sections are: {', '.join(Config.model_fields)}"


def settings() -> dict[str, FieldInfo]:
    """Return the name of every setting, such as ``clean.mode``, and its definition, in order."""
    return {
        f"{section}.{name}": info
        for section, outer in Config.model_fields.items()
        for name, info in type(outer.default).model_fields.items()
    }


def commented_yaml(config: Config) -> str:
    """Return *config* as YAML, each setting below its description."""
    lines: list[str] = []
    values = config.model_dump(mode="json")
    for section, outer in Config.model_fields.items():
        model = type(outer.default)
        lines += ["", f"# {(model.__doc__ or '').splitlines()[0]}", f"{section}:"]
        for name, info in model.model_fields.items():
            value = yaml.safe_dump(values[section][name], default_flow_style=True, width=1000)
            lines += [
                f"  # {info.description}",
                f"  {name}: {value.removesuffix('...' + chr(10)).strip()}",
            ]
    return "\n".join(lines).strip() + "\n"

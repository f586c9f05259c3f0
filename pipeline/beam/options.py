"""Beam's own options, from ``run.beam`` and from flags after ``--``. Read ``parse_options``."""

from __future__ import annotations

import argparse
import difflib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.config import Config

IN_PROCESS = "FnApiRunner"
"""Beam's in-process engine. Not ``DirectRunner``, which first tries to download another engine."""


@dataclass(frozen=True, slots=True)
class Options:
    """Beam's options.

    Attributes:
        runner: name of Beam's class for the engine.
        flags: all options as on a command line, including the runner.
        values: name → value of every option of any part of Beam, defaults included.
    """

    runner: str
    flags: list[str]
    values: dict[str, Any]

    def text(self, name: str) -> str:
        """Return the value of option *name* as text; empty if it is not given."""
        value = self.values.get(name)
        return "" if value is None else str(value).strip()


def parse_options(config: Config, beam_flags: Sequence[str]) -> Options:
    """Read the options of Beam.

    Args:
        beam_flags: from the command line; they take precedence over ``run.beam``.

    Raises:
        UsageError: no part of Beam has an option, which Beam itself would ignore, or its value is
            wrong; the message has a suggestion.
    """
    flags = [*_as_flags(config.run.beam), *beam_flags]
    parser = _Parser(add_help=False, allow_abbrev=False)
    for options in [PipelineOptions, *_subclasses(PipelineOptions)]:
        if "_add_argparse_args" in vars(options):
            options._add_argparse_args(parser)  # noqa: SLF001 - how Beam collects them itself
    known = sorted(parser._option_string_actions)  # noqa: SLF001 - argparse has no other list
    found, unknown = parser.parse_known_args(flags)
    problems = []
    for flag in unknown:
        name = flag.partition("=")[0]
        if not name.startswith("-"):
            problems.append(f"{flag}: a value without a flag")
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        problems.append(f"{name}; did you mean {near[0]}?" if near else name)
    if problems:
        listed = "; ".join(problems)
        place = "after --" if set(unknown) & set(beam_flags) else "in run.beam"
        raise UsageError(f"unknown Beam options {place}: {listed}")
    values = vars(found)
    runner = _full_name(values.get("runner") or IN_PROCESS)
    return Options(runner, [*flags, f"--runner={runner}"], values)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"Beam options in run.beam or after --: {message}")


def _as_flags(options: dict[str, Any]) -> Iterator[str]:
    """Yield options as flags.

    >>> list(_as_flags({"runner": "FlinkRunner", "parallelism": 2, "streaming": False}))
    ['--runner=FlinkRunner', '--parallelism=2']
    >>> list(_as_flags({"experiments": ["a", "b"], "save_main_session": True}))
    ['--experiments=a', '--experiments=b', '--save_main_session']
    """
    for name, value in options.items():
        for each in value if isinstance(value, list) else [value]:
            if each is True:
                yield f"--{name}"
            elif each is not False:
                yield f"--{name}={each}"


def _full_name(runner: str) -> str:
    """Return the name of Beam's class.

    >>> _full_name("flink"), _full_name("DirectRunner"), _full_name("some.module.FlinkRunner")
    ('FlinkRunner', 'FnApiRunner', 'FlinkRunner')
    """
    short = runner.rpartition(".")[2].lower().removesuffix("runner")
    names = {name.lower().removesuffix("runner"): name for name in _NAMES}
    return names.get(short, runner) if short != "direct" else IN_PROCESS


_NAMES = (
    *(IN_PROCESS, "PrismRunner", "FlinkRunner", "SparkRunner", "DataflowRunner"),
    *("DaskRunner", "RayRunner", "PortableRunner", "InteractiveRunner", "KafkaStreamsRunner"),
)
"""Engines that may be named without ``Runner``; see ``engines``."""


def _subclasses(of: type) -> list[Any]:
    direct: list[Any] = of.__subclasses__()
    return [each for one in direct for each in (one, *_subclasses(one))]


def worker_address(options: Options) -> str:
    """Return the address of the worker pool in the options; empty if there is none."""
    config = options.text("environment_config")
    with suppress(ValueError):
        found = json.loads(config)
        if isinstance(found, dict):
            return str(found.get("url", ""))
    if config:
        return config
    for each in options.values.get("environment_options") or []:
        name, _, value = str(each).partition("=")
        if name == "external_service_address":
            return value
    return ""


def environment_flags(address: str) -> list[str]:
    """Return the flags for workers of the pool at *address*.

    Workers use the current folder and the umask of this process, so that relative paths and the
    permissions of files are the same.
    """
    umask = os.umask(0o77)
    os.umask(umask)
    params = {"folder": str(Path.cwd()), "umask": str(umask)}
    config = json.dumps({"url": address, "params": params})
    return ["--environment_type=EXTERNAL", f"--environment_config={config}"]

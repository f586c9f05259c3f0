"""Beam's own options, from ``run.beam`` and from flags after ``--``, and the engines they may name.

Read ``parse_options``. An engine is listed if its tables were byte-identical to those of the
in-process engine (docs/clusters.md). Others are refused: most of them run the graph, but lose or
repeat rows.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.config import Config
from pipeline.errors import UsageError
from pipeline.storage.disk import umask

IN_PROCESS = "FnApiRunner"
"""Beam's in-process engine. Not ``DirectRunner``, which first tries to download another engine."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Facts about an engine.

    Attributes:
        title: its name, for messages.
        workers: what determines the number of workers, instead of ``run.workers``.
        driver: main class of its job server.
        jar: option with the path of the job server's jar.
        version_file: file in the jar with the version of the engine that it was built for.
        master: option with the engine's address.
        embedded: addresses that mean an engine inside the job server, on this machine.
    """

    title: str
    workers: str
    driver: str = ""
    jar: str = ""
    version_file: str = ""
    master: str = ""
    embedded: str = ""


ENGINES = {
    "PrismRunner": Engine("Prism", "Prism itself: it starts one"),
    "FlinkRunner": Engine(
        "Apache Flink",
        "the option parallelism",
        "org.apache.beam.runners.flink.FlinkJobServerDriver",
        "flink_job_server_jar",
        ".flink-runtime.version.properties",
        "flink_master",
        r"\[(local|auto)\]",
    ),
    "SparkRunner": Engine(
        "Apache Spark",
        "the number of executors and their cores",
        "org.apache.beam.runners.spark.SparkJobServerDriver",
        "spark_job_server_jar",
        "spark-version-info.properties",
        "spark_master_url",
        r"local(\[.+\])?",
    ),
    "DataflowRunner": Engine("Google Cloud Dataflow", "the option num_workers"),
}

REFUSED = {
    "DaskRunner": "it groups correctly by some kinds of keys only (Beam's issue 29365) and "
    "has no metrics",
    "RayRunner": "it is not part of Beam, and was never shown to group arrays correctly",
    "InteractiveRunner": "it is made for notebooks; the default engine does the same",
    "KafkaStreamsRunner": "it is new, made for streams, and was not tested",
    "PortableRunner": "it does not say which engine is behind the job server: name the engine, "
    "such as --runner=FlinkRunner, in addition to --job_endpoint",
}
"""Engines of Beam that are refused → why."""


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

    @property
    def engine(self) -> Engine:
        """The facts about the engine. Raises UsageError if the engine is refused."""
        if self.runner in ENGINES:
            return ENGINES[self.runner]
        reason = REFUSED.get(self.runner, "it was not tested")
        known = ", ".join([IN_PROCESS, *ENGINES])
        raise UsageError(
            f"{self.runner} is not known to give right results: {reason}; engines: {known}"
        )

    @property
    def is_embedded(self) -> bool:
        """Whether the whole engine runs on this machine, as part of this run."""
        if self.text("job_endpoint"):
            return False
        engine = self.engine
        master = bool(engine.embedded and re.fullmatch(engine.embedded, self.text(engine.master)))
        return master or self.runner == "PrismRunner"

    @property
    def worker_address(self) -> str:
        """The address of the worker pool; empty if there is none."""
        config = self.text("environment_config")
        with suppress(ValueError):
            found = json.loads(config)
            if isinstance(found, dict):
                return str(found.get("url", ""))
        given = (str(each).partition("=") for each in self.values.get("environment_options") or [])
        named = (value for name, _, value in given if name == "external_service_address")
        return config or next(named, "")

    def text(self, name: str) -> str:
        """Return the value of option *name* as text; empty if it is not given."""
        value = self.values.get(name)
        return "" if value is None else str(value).strip()


def parse_options(config: Config, beam_flags: Sequence[str]) -> Options:
    """Read the options of Beam.

    *beam_flags*, from the command line, take precedence over ``run.beam``. Raises UsageError if
    no part of Beam has an option, which Beam itself would ignore, or its value is wrong; the
    message has a suggestion.
    """
    configured = PipelineOptions.from_dictionary(config.run.beam)
    flags = [*configured._flags, *beam_flags]  # noqa: SLF001 - they have no public name
    parser = _Parser(add_help=False, allow_abbrev=False)
    for options in [PipelineOptions, *_subclasses(PipelineOptions)]:
        if "_add_argparse_args" in vars(options):
            options._add_argparse_args(parser)  # noqa: SLF001 - how Beam collects them itself
    known = sorted(parser._option_string_actions)  # noqa: SLF001 - argparse has no other list
    found, unknown = parser.parse_known_args(flags)
    if unknown:
        listed = "; ".join(_problem(flag, known) for flag in unknown)
        place = "after --" if set(unknown) & set(beam_flags) else "in run.beam"
        raise UsageError(f"unknown Beam options {place}: {listed}")
    values = vars(found)
    runner = _full_name(values.get("runner") or IN_PROCESS)
    return Options(runner, [*flags, f"--runner={runner}"], values)


def _problem(flag: str, known: Sequence[str]) -> str:
    name = flag.partition("=")[0]
    if not name.startswith("-"):
        return f"{flag}: a value without a flag"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return f"{name}; did you mean {near[0]}?" if near else name


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"Beam options in run.beam or after --: {message}")


def _full_name(runner: str) -> str:
    """Return the name of Beam's class; ``Runner`` may be left out.

    >>> _full_name("flink"), _full_name("DirectRunner"), _full_name("some.module.FlinkRunner")
    ('FlinkRunner', 'FnApiRunner', 'FlinkRunner')
    """
    short = runner.rpartition(".")[2].lower().removesuffix("runner")
    known = (IN_PROCESS, *ENGINES, *REFUSED)
    names = {name.lower().removesuffix("runner"): name for name in known}
    return names.get(short, runner) if short != "direct" else IN_PROCESS


def _subclasses(of: type) -> list[Any]:
    direct: list[Any] = of.__subclasses__()
    return [each for one in direct for each in (one, *_subclasses(one))]


def environment_flags(address: str) -> list[str]:
    """Return the flags for workers of the pool at *address*.

    Workers use the current folder and the umask of this process, so that relative paths and the
    permissions of files are the same.
    """
    params = {"folder": str(Path.cwd()), "umask": str(umask())}
    config = json.dumps({"url": address, "params": params})
    return ["--environment_type=EXTERNAL", f"--environment_config={config}"]

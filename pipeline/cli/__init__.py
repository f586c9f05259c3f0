"""The command line: flags and streams, no logic of the pipeline.

``run`` has the commands that read inputs, ``documents`` those about single documents, ``outputs``
those about the runs of an output folder. docs/exit-codes.md lists the exit codes.
"""

from __future__ import annotations

import difflib
import errno
import logging
import os
import shlex
import sys
import traceback
from contextlib import suppress
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pipeline.cli import documents, outputs, run
from pipeline.cli.options import State
from pipeline.errors import DONE, INTERRUPTED, HeldRun, NewsieveError
from pipeline.monitor.log import close_log, open_log
from pipeline.text.terminal import shown, shown_lines, wants_colour
from pipeline.version import VERSION

if TYPE_CHECKING:
    from pipeline.monitor.log import LogFormat
    from pipeline.text.terminal import ColourChoice


UNTOUCHED = {"run": "nothing was published", "clean": "the rest was not cleaned"}
"""Command → what to say about the output if it fails; for all others, that nothing was changed."""

MORE_MEMORY = "raise the memory limit (ulimit -v)"
LACK = f"out of memory; {MORE_MEMORY}"
GLOBAL_FLAGS = {"--log-format": 1, "--color": 1}
GLOBAL_FLAGS |= dict.fromkeys(("--traceback", "-q", "--quiet", "-v", "--verbose"), 0)
"""Flags of ``newsieve`` itself → number of values. They work before and after the command."""


SYNONYMS = {
    "help": "--help", "version": "--version", "validate": "check", "stats": "report",
    "status": "list", "runs": "list", "ls": "list", "show": "trace", "dedup": "run",
    "explain": "clean --explain", "init": "check --settings", "delete": "remove",
    "takedown": "remove", "rollback": "undo", "schema": "check",
}  # fmt: skip
"""What other tools call a command → its name here."""


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(self.commands)  # in the order of VERBS

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not ctx.resilient_parsing:
            raise click.UsageError(unknown_verb(args, list(self.commands)), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of our output, e.g. `head`, has seen enough. What is committed stays so.
            ctx.exit(0 if DONE else NewsieveError.exit_code)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if ctx.resilient_parsing else _global_first(args))


def _global_first(args: list[str]) -> list[str]:
    """Move the flags of ``newsieve`` itself before the command, where click expects them.

    >>> _global_first(["run", "-q", "--log-format", "json", "raw", "--", "-v"])
    ['-q', '--log-format', 'json', 'run', 'raw', '--', '-v']
    """
    end = args.index("--") if "--" in args else len(args)
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(args[:end])
    for each in waiting:
        values = GLOBAL_FLAGS.get(each)
        if values is None:
            ours = each.partition("=")[0] in GLOBAL_FLAGS and "=" in each
            (front if ours else rest).append(each)
        else:
            front.append(each)
            front += islice(waiting, values)
    return [*front, *rest, *args[end:]]


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="These flags work before and after the command. `newsieve COMMAND --help` shows the "
    "others, and an example.",
)
@click.version_option(VERSION, prog_name="newsieve", message="%(prog)s %(version)s")
@click.option("-q", "--quiet", is_flag=True, help="Print warnings and errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Print each stage and its time.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="auto: on a terminal, unless NO_COLOR is set.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of stderr: text, or one JSON object per line.",
)
@click.option("--traceback", "show", is_flag=True, help="Print a Python traceback on failure.")
@click.pass_context
def newsieve(
    context: click.Context,
    *,
    show: bool,
    log_format: LogFormat,
    color: ColourChoice,
    quiet: bool,
    verbose: bool,
) -> None:
    """Turn scraped news into clean, deduplicated articles, and account for every record.

    Exit codes: 0 done, also when nothing was new; 1 failed, nothing published; 2 wrong
    usage or configuration, nothing started; 3 held by a gate; 75 another run holds the
    lock; 130 interrupted.
    """
    if quiet and verbose:
        raise click.UsageError("-q and -v cannot be combined: use one of them")
    state: State = context.obj
    state.traceback = show
    state.colour = color
    state.verbose = verbose
    state.log = open_log(log_format, quiet=quiet, colour=wants_colour(color, sys.stderr))
    context.color = wants_colour(color, sys.stdout)
    state.untouched = UNTOUCHED.get(context.invoked_subcommand or "", "nothing was changed")


VERBS = (
    *(run.run, documents.clean, run.check, documents.trace, documents.compare),
    *(outputs.report, outputs.list_, outputs.diff, outputs.verify),
    *(outputs.publish, outputs.discard, outputs.undo, outputs.remove, outputs.compact, run.worker),
)
"""The commands, in the order of ``--help``. Each imports its libraries when it runs, because
loading all of them takes a second."""

for _verb in VERBS:
    _verb.short_help = (_verb.help or "").partition("\n")[0]  # else click cuts it at 45 characters
    newsieve.add_command(_verb)


def main() -> None:
    """Run the command line and end the process with the documented exit code."""
    _prepare_streams()
    state = State(log=open_log("text"))
    DONE.clear()
    try:
        code = _exit_code(state)
    finally:
        close_log()
        _silence_broken_streams()
    if code:
        sys.exit(code)


def _exit_code(state: State) -> int:
    """Run the command line; return the exit code, or raise SystemExit with it."""
    try:
        # Commands return nothing; if one calls ``Context.exit``, click returns its code.
        return newsieve.main(prog_name="newsieve", standalone_mode=False, obj=state) or 0
    except NewsieveError as error:
        _fail(state, error, str(error), error.exit_code)
    except OSError as error:
        place = shown(f"{error.filename}: ") if error.filename else ""
        said = LACK if error.errno == errno.ENOMEM else error.strerror or error
        message = f"{place}{said}; {_effect(state)}"
        _fail(state, error, message, NewsieveError.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        state.traceback = False
        _fail(state, error, f"interrupted; {_effect(state)}", INTERRUPTED)
    except click.ClickException as error:
        state.traceback = False
        message = shown_lines(hinted(error, newsieve))
        if state.log.form == "json":
            _fail(state, error, message, error.exit_code)
        with suppress(BrokenPipeError):
            click.UsageError(message, getattr(error, "ctx", None)).show()
        sys.exit(error.exit_code)
    except (ImportError, MemoryError) as error:
        # A library cannot be loaded: too little memory, or a damaged installation.
        message = f"{str(error) or 'out of memory'}; {_effect(state)}; {MORE_MEMORY}"
        _fail(state, error, f"{message}, or install newsieve again", NewsieveError.exit_code)
    except Exception as error:
        if "out of memory" in str(error):  # protobuf's words for it, in a TypeError
            _fail(state, error, f"{LACK}; {_effect(state)}", NewsieveError.exit_code)
        if state.log.form == "text":
            raise
        state.traceback = True
        _fail(state, error, f"{error}; this is a bug in newsieve", NewsieveError.exit_code)


def _prepare_streams() -> None:
    """Open streams that the caller closed; escape characters that their encoding lacks."""
    # Otherwise, the next file opened would get the number of a closed stream.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream := getattr(sys, name), TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _silence_broken_streams() -> None:
    """Point streams that take no more at nothing: Python would fail to flush them at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _effect(state: State) -> str:
    """Say what the command has done before it failed, or that it changed nothing."""
    return f"{'; '.join(DONE)}; nothing more was done" if DONE else state.untouched


def _fail(state: State, error: BaseException, message: str, code: int) -> NoReturn:
    facts = {"message": message, "error_type": type(error).__name__, "exit_code": code}
    if state.traceback:
        trace = "".join(traceback.format_exception(error))
        if state.log.form == "json":
            facts["traceback"] = trace
        else:
            with suppress(BrokenPipeError):
                click.echo(trace, err=True, nl=False)
    event = "run_held" if isinstance(error, HeldRun) else "error"
    text = shown_lines(f"newsieve: {message}")
    state.log.event(event, text, level=logging.ERROR, **facts)
    sys.exit(code)


def unknown_verb(arguments: list[str], verbs: list[str]) -> str:
    """Return an error for *arguments* without a known command, with a suggestion.

    >>> unknown_verb(["runn"], ["run", "clean"])
    "No such command 'runn'; did you mean `newsieve run`?"
    """
    word = arguments[0]
    start = f"No such command {word!r}"
    if word in SYNONYMS:
        return f"{start}; did you mean `newsieve {SYNONYMS[word]}`?"
    if Path(word).exists() or "/" in word or "*" in word:
        return f"{start}; did you mean `newsieve run {shlex.join(arguments)}`?"
    near = difflib.get_close_matches(word, verbs, n=1, cutoff=0.5)
    if near:
        return f"{start}; did you mean `newsieve {near[0]}`?"
    return f"{start}; the commands are: {', '.join(verbs)}"


def hinted(error: click.ClickException, group: click.Group) -> str:
    """Return the message of *error*, with a hint for a flag that belongs elsewhere."""
    message = error.format_message()
    if not isinstance(error, click.NoSuchOption) or error.possibilities:
        return message
    flag = error.option_name.lstrip("-")
    setting = _setting(flag)
    if setting:
        return f"{message} Settings have no flag: use --set {setting}=VALUE"
    at_verb = error.ctx is not None and error.ctx.command is not group
    having = [
        verb
        for verb, command in group.commands.items()
        if any(error.option_name in each.opts for each in command.params)
    ]
    if having and not at_verb:
        return f"{message} Put it after the command: newsieve {having[0]} {error.option_name} …"
    if having and len(having) <= 4:
        return f"{message} {', '.join(f'`newsieve {verb}`' for verb in having)} has it."
    return message


def _setting(flag: str) -> str | None:
    from pipeline.config_file import settings

    wanted = flag.replace("-", "_")
    return next((name for name in settings() if wanted in {name, name.partition(".")[2]}), None)

"""The command line: one verb a module, flags and streams; no logic of the pipeline.

Exit codes: 0 done (also: nothing new) · 1 failed, nothing published · 2 wrong usage or
configuration, nothing started · 3 held by a gate · 75 another run holds the lock ·
130 interrupted.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, cast

import click

from pipeline.cli.options import State, on_one_line
from pipeline.errors import INTERRUPTED, HeldRun, NewsieveError
from pipeline.monitor.log import close_log, open_log
from pipeline.version import VERSION

if TYPE_CHECKING:
    from pipeline.monitor.log import LogFormat


VERBS = {
    "run": "run",
    "clean": "clean",
    "check": "check",
    "compare": "compare",
    "trace": "trace",
    "publish": "deciding",
    "discard": "deciding",
    "undo": "deciding",
    "remove": "remove",
    "compact": "compact",
}
"""Verb → the module of this package that has it, loaded when it is asked for: what one verb
needs takes a second to import for another that does not."""

UNTOUCHED = {"run": "nothing was published", "clean": "the rest was not cleaned"}
"""Verb → what is true of the output when it fails; of all others, that nothing was changed."""


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        module = import_module(f"pipeline.cli.{VERBS[cmd_name]}")
        return cast("click.Command", getattr(module, cmd_name))


@click.group(
    cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(VERSION, prog_name="newsieve", message="%(prog)s %(version)s")
@click.option("--traceback", "show", is_flag=True, help="Show where in the code a failure arose.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What stderr gets: lines for people, or one JSON object a line.",
)
@click.pass_obj
def newsieve(state: State, *, show: bool, log_format: LogFormat) -> None:
    """Turn scraped news into clean, deduplicated articles, and account for every record.

    Exit codes: 0 done, also when nothing was new; 1 failed, nothing published; 2 wrong
    usage or configuration, nothing started; 3 held by a gate; 75 another run holds the
    lock; 130 interrupted.
    """
    state.traceback = show
    state.log = open_log(log_format)
    verb = click.get_current_context().invoked_subcommand or ""
    state.untouched = UNTOUCHED.get(verb, "nothing was changed")


def main() -> None:
    """Run the command line and end the process with the documented exit code."""
    state = State(log=open_log("text"))
    try:
        newsieve.main(prog_name="newsieve", standalone_mode=False, obj=state)
    except NewsieveError as error:
        _fail(state, error, str(error), error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has seen enough, e.g. `head`; nothing may be flushed now.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        place = on_one_line(f"{error.filename}: ") if error.filename else ""
        message = f"{place}{error.strerror or error}; {state.untouched}"
        _fail(state, error, message, NewsieveError.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        state.traceback = False
        _fail(state, error, f"interrupted; {state.untouched}", INTERRUPTED)
    except click.ClickException as error:
        state.traceback = False
        if state.log.form == "json":
            _fail(state, error, error.format_message(), error.exit_code)
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        if state.log.form == "text":
            raise
        state.traceback = True
        _fail(state, error, f"{error}; this is a defect of newsieve", NewsieveError.exit_code)
    finally:
        close_log()


def _fail(state: State, error: BaseException, message: str, code: int) -> NoReturn:
    """Tell of *error*, and end the process with *code*."""
    facts = {"message": message, "error_type": type(error).__name__, "exit_code": code}
    if state.traceback:
        trace = "".join(traceback.format_exception(error))
        if state.log.form == "json":
            facts["traceback"] = trace
        else:
            click.echo(trace, err=True, nl=False)
    event = "run_held" if isinstance(error, HeldRun) else "error"
    state.log.tell(event, f"newsieve: {message}", level=logging.ERROR, **facts)
    sys.exit(code)

"""The command line: one verb a module, flags and streams; no logic of the pipeline.

Exit codes: 0 done (also: nothing new) · 1 failed, nothing published · 2 wrong usage or
configuration, nothing started · 3 held by a gate · 75 another run holds the lock ·
130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass

import click

from pipeline.cli.check import check
from pipeline.cli.clean import clean
from pipeline.cli.compare import compare
from pipeline.cli.run import run
from pipeline.cli.trace import trace
from pipeline.errors import INTERRUPTED, NewsieveError
from pipeline.version import VERSION


@dataclass
class _State:
    """What the flags before the verb say."""

    traceback: bool = False


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="newsieve", message="%(prog)s %(version)s")
@click.option("--traceback", "show", is_flag=True, help="Show where in the code a failure arose.")
@click.pass_obj
def newsieve(state: _State, *, show: bool) -> None:
    """Turn scraped news into clean, deduplicated articles, and account for every record.

    Exit codes: 0 done, also when nothing was new; 1 failed, nothing published; 2 wrong
    usage or configuration, nothing started; 3 held by a gate; 75 another run holds the
    lock; 130 interrupted.
    """
    state.traceback = show


for verb in (run, clean, check, compare, trace):
    newsieve.add_command(verb)


def main() -> None:
    """Run the command line and end the process with the documented exit code."""
    state = _State()
    try:
        newsieve.main(prog_name="newsieve", standalone_mode=False, obj=state)
    except NewsieveError as error:
        if state.traceback:
            traceback.print_exception(error)
        click.echo(f"newsieve: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has seen enough, e.g. `head`; nothing may be flushed now.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if state.traceback:
            traceback.print_exception(error)
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"newsieve: {place}{error.strerror}; nothing was published", err=True)
        sys.exit(NewsieveError.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("newsieve: interrupted; nothing was published", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)

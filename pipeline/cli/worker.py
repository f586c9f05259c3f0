"""``newsieve worker``: starts worker processes for runs on another engine."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.options import State

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command()
@click.argument("address", default="127.0.0.1:50000", metavar="[HOST:PORT]")
@click.pass_obj
def worker(state: State, address: str) -> None:
    """Start worker processes for runs on another engine, such as Flink, until it is stopped.

    One beside each of the engine's own workers (task manager, executor), with the newsieve and the
    packages of the run. It listens on HOST:PORT, 127.0.0.1:50000 by default, and does what the
    engine asks: whoever can connect can run code as this user, so let only the engine do so.

    \b
    Example:
      newsieve worker
      newsieve worker 10.0.0.7:50000
      newsieve run configs/flink.yaml
    """  # noqa: D301
    from pipeline.beam.pool import serve_pool

    tell = _teller(state)
    try:
        with serve_pool(address, tell) as (host, port):
            tell({"state": "listening", "address": f"{host}:{port}"})
            threading.Event().wait()
    except KeyboardInterrupt:
        tell({"state": "stopped"})


def _teller(state: State) -> Callable[[dict[str, Any]], None]:
    from pipeline.beam.description import describe

    here = describe()

    def tell(facts: dict[str, Any]) -> None:
        text = f"worker {facts['state']}"
        if "address" in facts:
            text += f" on {facts['address']}: newsieve {here['newsieve']}, Python {here['python']}"
        if "pid" in facts:
            text += f": process {facts['pid']}, for {facts['engine']}"
        if "reason" in facts:
            text += f": {facts['reason']}"
        state.log.event("worker", text, message=text, **facts)

    return tell

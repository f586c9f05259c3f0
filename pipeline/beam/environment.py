"""Where an engine starts its worker processes: the address of a ``newsieve worker``."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.beam.options import Options


def worker_address(options: Options) -> str:
    """Return the address that the options name; empty where they name none."""
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
    """Return the flags that let workers be started by the pool at *address*.

    Workers work in this process's folder, so that relative paths mean the same, and give files
    the permissions that this process would.
    """
    umask = os.umask(0o77)
    os.umask(umask)
    params = {"folder": str(Path.cwd()), "umask": str(umask)}
    config = json.dumps({"url": address, "params": params})
    return ["--environment_type=EXTERNAL", f"--environment_config={config}"]

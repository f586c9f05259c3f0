"""How long a run shows nothing new on a terminal.

usage: python -m tests.benchmarks.standstill INPUT

Runs newsieve on INPUT in a terminal of its own, and prints the seconds until the first output, the
longest without any, and those of the whole run.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tempfile
import time
from itertools import pairwise


def watch(source: str) -> list[float]:
    """Run on *source*; return the seconds after the start at which something was printed."""
    ours, theirs = pty.openpty()
    moments = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pipeline", "run", source, "--output", f"{folder}/out"]
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        try:
            while os.read(ours, 65_536):
                moments.append(time.monotonic() - began)
        except OSError:  # Linux: nobody has the other end open
            pass
        if process.wait():
            sys.exit(f"the run ended with {process.returncode}")
    return moments


if __name__ == "__main__":
    seen = watch(sys.argv[1])
    longest = max(after - before for before, after in pairwise(seen))
    print(f"first {seen[0]:.1f} s, longest without output {longest:.1f} s, all {seen[-1]:.0f} s")

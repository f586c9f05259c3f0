"""What holds for all tests."""

from __future__ import annotations

import signal

# Some shells start what runs in the background with Ctrl-C or the hang-up of the terminal ignored,
# and so would every process that a test starts to see what they do.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

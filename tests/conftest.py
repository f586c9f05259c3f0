"""What holds for all tests."""

from __future__ import annotations

import signal

# Some shells start what runs in the background with Ctrl-C ignored, and so would every process
# that a test starts to see what Ctrl-C does.
signal.signal(signal.SIGINT, signal.default_int_handler)

"""``python -m pipeline`` is ``newsieve``."""

from pipeline.cli import main

main()

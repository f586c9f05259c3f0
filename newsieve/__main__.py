"""The command line: ``newsieve``, and ``python -m newsieve``.

It is the one of ``pipeline``; importing this package first says so where another ``pipeline``
is in the way.
"""

from pipeline.__main__ import main

__all__ = ["main"]

if __name__ == "__main__":
    main()

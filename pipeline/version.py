"""The versions of newsieve, of the format it writes, and of the files of interrupted runs."""

VERSION = "0.1.0"
FORMAT_VERSION = 1
STAGING_VERSION = 2
"""Raised when files in ``.staging`` change: runs that an older newsieve left are planned anew."""

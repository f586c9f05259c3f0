"""The version of newsieve and of the format it writes."""

VERSION = "0.1.0"
FORMAT_VERSION = 1

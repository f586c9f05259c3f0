"""A collection of an older format, kept as it was written, and the inputs it came from."""

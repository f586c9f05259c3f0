"""Apache Beam: the graph of a run, and the engine it runs on. No other folder knows Beam."""

import logging

# Beam configures logging on import, and warns about cloud extras that are not installed.
# Failures are raised, and reported once, by newsieve.
logging.basicConfig(level=logging.CRITICAL, format="newsieve: %(message)s")

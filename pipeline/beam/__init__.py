"""Apache Beam: the graph of a run, and the engines it runs on. No other folder imports Beam."""

import logging

# Beam configures logging on import, and warns about cloud extras that are not installed.
# newsieve raises failures and reports them once.
logging.basicConfig(level=logging.CRITICAL, format="newsieve: %(message)s")

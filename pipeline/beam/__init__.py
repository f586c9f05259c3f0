"""Apache Beam: the graph of a run, and the engine it runs on. No other folder knows Beam."""

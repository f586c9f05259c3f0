"""What a run reports: live progress, a log as text or JSON, and figures for Prometheus.

log            events as text, or as one JSON object per line
progress       how far a run is, and its events, from the notes that its blocks leave in staging
metrics_file   the figures of the last run as a file for Prometheus' textfile collector

Only the main process logs. Workers leave notes in the staging folder (``pipeline.staging``), whole
or not at all; so no event is lost with a process and no line is torn, whatever the engine.
"""

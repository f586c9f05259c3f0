"""What a run reports: live progress, a log as text or JSON, and figures for Prometheus.

log            events as text, or as one JSON object per line
progress       progress of a run, and its events, from notes in the staging folder
metrics_file   figures of the last run as a file for Prometheus' textfile collector

Only the main process logs. Workers write notes to the staging folder (``pipeline.staging``), so no
event is lost with a process and lines are never mixed, whatever the engine.
"""

"""The state of an output folder: what was read, is planned and is published.

inputs      paths and globs → input files
history     published runs → what they read, and what was taken down
index       a cache of history, in one file; articles that new ones are compared with
plan        new files → blocks, fixed before the work starts
lock        one run at a time
account     read = articles + duplicates + rejects + unchanged; sums of the counts of all blocks
gates       limits that a run must meet to be published
commit      manifest and one rename; runs that a gate holds: publish or discard
upkeep/     undo, remove, compact: changes to published runs
"""

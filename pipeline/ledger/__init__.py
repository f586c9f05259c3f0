"""The account of an output folder: what was read, what is planned, what is committed.

inputs      paths and globs → the files that are there
history     the committed runs → what they read, and what was taken down
index       the same of all runs, in one file
window      the articles of earlier runs that new ones are compared with
plan        new files → blocks, frozen before the work
lock        one run at a time
account     read = articles + duplicates + rejects + unchanged; the counts of the blocks added up
gates       what a run is judged by before it is published
commit      manifest and one rename
held        runs that a gate holds: publish or discard
upkeep/     undo, remove, compact: what changes runs that are already published
"""

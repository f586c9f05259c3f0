"""The account of an output folder: what was read, what is planned, what is committed.

inputs      paths and globs → the files that are there
history     the committed runs → what they read
index       the same of all runs, in one file
window      the articles of earlier runs that new ones are compared with
plan        new files → blocks, frozen before the work
lock        one run at a time
account     read = articles + duplicates + rejects + unchanged
gates       what a run is judged by before it is published
commit      manifest and one rename
tally       what the blocks of a run counted, added up
held        runs that a gate holds: publish or discard
tombstones  what was taken down, and must not come back
upkeep/     undo, remove, compact: what changes runs that are already published
"""

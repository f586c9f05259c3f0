"""Commands that change published runs.

undo          take back the newest run
remove        take texts down, and decide which copy of a removed article takes its place
    takedown      finds the rows that change, and writes the tables of a run again
compact       merge the small files of old runs
rewrite       swaps the folder of runs for a changed copy
"""

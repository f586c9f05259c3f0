"""Changes to published runs, on request of a user.

undo          take back the newest run
remove        take texts down
    takedown      finds the rows to remove, and the rows that refer to them
    removed_rows  writes the tables of one run again, without them
    adopt         decides which copy of a removed article takes its place
compact       merge the small files of old runs
rewrite       swaps the folder of runs for a changed copy
"""

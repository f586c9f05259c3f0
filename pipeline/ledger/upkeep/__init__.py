"""What changes runs that are already published. Nothing here belongs to a run.

undo          take back the newest run
remove        take texts down
    takedown      which rows that concerns, and which others name them
    removed_rows  the tables of one run, written anew without them
compact       put the small files of old runs together
rewrite       the one way in which published runs are exchanged for others
"""

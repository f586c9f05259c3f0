"""The articles of earlier runs that new ones may be copies of.

lookup  keys of new articles → articles of earlier runs, staged as one more block
keys    the sorted keys by which later runs find a published article, and the article itself
"""

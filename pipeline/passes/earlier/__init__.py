"""Between passes A and B: the articles of earlier runs that new ones may be copies of.

wanted     the keys of all new articles
window     wanted keys → articles of earlier runs, staged as one more block
keys       what later runs find a published article by
articles   articles of earlier runs, read back from their tables
"""

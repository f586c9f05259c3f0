"""What a run does with one element of work, without Beam.

    site_lines    short lines of a block; those that repeat over a site's pages
    clean_block   one block of inputs → staged articles, rejections, signatures
    isolation     documents → articles or rejections, each under a limit of time and memory
    write_block   one staged block + its verdicts → the finished tables
    tombstones    what was taken down → rejections

Deduplication lies between cleaning and writing, in ``dedup.steps``. What a step leaves for the
next one is in the staging folder (``staging``), written whole or not at all, so that repeating an
element is harmless.
"""

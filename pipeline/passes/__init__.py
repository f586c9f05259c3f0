"""The steps of a run on one element of work, without Beam.

    site_lines    short lines of a block; those that repeat over a site's pages
    clean_block   one block of inputs → staged articles, rejections, signatures
    isolation     documents → articles or rejections, each under a limit of time and memory
    write_block   one staged block + its verdicts → the finished tables
    tombstones    what was taken down → rejections

Deduplication lies between cleaning and writing, in ``dedup.steps``. Steps hand over through files
of the staging folder (``staging``), each written whole or not at all, so that an element can be
repeated.
"""

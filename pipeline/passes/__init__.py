"""The steps of a run on one element of work, without Beam.

    site_lines    short lines of a block → lines that repeat on many pages of a site
    clean_block   a block of inputs → staged articles, rejections, signatures
    isolation     documents → articles or rejections, each under a limit of time and memory
    reading       files → records, in a helper process
    write_block   a staged block and its verdicts → the finished tables
    sightings     records that were seen before
    tombstones    records that were taken down → rejections

Deduplication comes between cleaning and writing, in ``dedup.steps``. Each step writes files to the
staging folder (``staging``) atomically, so it can be repeated.
"""

"""The work of each pass on one element, without Beam.

    site_lines    short lines of a block; those that repeat over a site's pages       (pass 0)
    sieve         documents → articles or rejections, under limits
    clean_block   one block of inputs → staged articles and rejects, members          (pass A)
    earlier/      new keys → articles of earlier runs, staged as one more block
    members/      articles as deduplication sees them: small records
    find_edges    one group of bands → candidate edges                                (pass B)
    bundles       components → provisional clusters, rarity, what is decided together
    resolve       one shard of bundles → verdicts                                     (pass B)
    write_block   one staged block + its verdicts → the finished tables, their keys   (pass C)

What a pass leaves for the next one lies in the staging folder (``staging``), written whole
or not at all, so that repeating an element is harmless.
"""

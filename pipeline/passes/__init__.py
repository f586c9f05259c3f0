"""The work of each pass on one element, without Beam.

    sieve         one document → article or rejection
    clean_block   one block of inputs → staged articles and rejects, signatures   (pass A)
    find_edges    one group of bands → candidate edges                            (pass B)
    bundles       components → provisional clusters, rarity, what is decided together
    resolve       one shard of bundles → verdicts                                 (pass B)
    write_block   one staged block + its verdicts → the finished tables           (pass C)

What a pass leaves for the next one lies in the staging folder (``staging``), written whole
or not at all, so that repeating an element is harmless.
"""

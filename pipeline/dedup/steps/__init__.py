"""The steps of deduplication, each on one element of work, without Beam.

members        articles → small records, band keys, sampled shingles, and back by number
layouts        the records that one step leaves for the next, one dtype each
edges          one group of bands → candidate edges; edges → components
bundles        components → provisional clusters, rarity, bundles decided together → verdicts
earlier/       the articles of earlier runs that new ones may be copies of
"""

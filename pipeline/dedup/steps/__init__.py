"""The steps of deduplication, each on one element of work, without Beam.

write_members  articles → small records, band keys, sampled shingles, beside the staged block
read_members   one article's record and evidence, read back by number
layouts        what one step hands to the next: flat records, one dtype each
edges          one group of bands → candidate edges; edges → components
bundles        components → provisional clusters, rarity, what is decided together
resolve        one bundle → verdicts
earlier/       the articles of earlier runs that new ones may be copies of
"""

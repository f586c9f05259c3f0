"""Articles as deduplication sees them: small records beside the staged articles of a block.

writer   articles → records, shingles, samples and figures
reader   one article's record and evidence, read back by number
keys     what a whole block is joined on
"""

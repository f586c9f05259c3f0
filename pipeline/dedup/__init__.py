"""Find copies: shingles of texts, their signatures, candidate pairs, exact checks, stars.

    texts ─shingles─▶ sets of hashes ─signatures─▶ band keys ─pairs─▶ candidate edges
          ─clusters─▶ components ─▶ stars: each duplicate verified against its representative

Everything works on whole blocks in numpy. MinHash only proposes; what decides about a pair
is the exact comparison of its shingle sets.
"""

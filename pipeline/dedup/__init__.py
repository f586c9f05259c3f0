"""Find copies: shingles, signatures, candidate pairs, evidence, decisions.

    texts ─shingles─▶ sets of hashes ─signatures─▶ band keys ─pairs─▶ candidate edges
          ─clusters─▶ provisional clusters ─rarity─▶ rare shingles ─evidence, model─▶ decide

Everything works on whole blocks in numpy. MinHash only proposes pairs; ``decide`` compares what the
two texts share and where. Read ``decide.decide`` first; ``steps`` runs it on a block.
"""

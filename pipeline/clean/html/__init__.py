"""Pages: the story is chosen block by block, metadata is decided by vote.

page ─parse─▶ tree ─markup, json_ld─▶ values ─sources, title, dates─▶ metadata
                   ─blocks, hints─▶ blocks and containers ─┐
                   ─trafilatura, resiliparse─▶ extractions ─votes─▶ features ─block_model─▶ text
"""

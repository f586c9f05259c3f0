"""HTML pages: the story is selected block by block, metadata by a vote of its sources.

page ─parse─▶ tree ─markup, json_ld─▶ values ─sources, title, dates─▶ metadata
                   ─blocks, hints─▶ blocks and containers ─┐
                   ─trafilatura, resiliparse─▶ extractions ─overlap─▶ features ─block_model─▶ text
"""

"""HTML pages: the story is selected block by block, metadata by a vote among its sources.

page ─candidates─▶ tree ─markup─▶ values ─title, authors, published─▶ metadata
                   tree ─blocks─▶ blocks and containers ───────────┐
                   tree ─trafilatura, resiliparse─▶ extractions ───┴─block_model─▶ story
"""

"""Pages: trafilatura takes the text out, metadata is decided by vote.

page ─extract─▶ tree ─markup, json_ld─▶ candidates ─sources, title, dates─▶ metadata
                     ─trafilatura─▶ extraction ─▶ text
"""

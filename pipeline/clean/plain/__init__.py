"""Plain text: lines with features, named rules, and the metadata that stands around the story.

text ─page─▶ line records ─story─▶ where the prose is ─rules─▶ chrome, each with its rule
                          ─titles, stamps, metadata─▶ fields with their evidence
"""

"""Lines of text: what they are, the named rules and the model that judge them, and the heading.

    text ─page─▶ line records ─story─▶ where the prose is ─rules, model─▶ boilerplate and why
                              ─heading─▶ fields with their evidence

Pages use the same code for their blocks (``clean.html``).
"""

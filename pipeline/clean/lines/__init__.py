"""Plain text cleaned line by line.

    text ─page─▶ lines, phrases, signs ─rules, tagger─▶ roles ─heading─▶ title, authors, dates
                                                      ─decide─▶ boilerplate, with a reason

Pages use the rules for their blocks (``clean.html``).
"""

"""The vocabulary that cleaning, judging and dedup share: lines, tokens, scripts."""

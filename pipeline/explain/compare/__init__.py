"""Why two documents are, or are not, near-duplicates: what deduplication sees in them."""

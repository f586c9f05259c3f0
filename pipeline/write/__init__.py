"""Articles, duplicates and rejects as rows: one table of columns, and Parquet."""

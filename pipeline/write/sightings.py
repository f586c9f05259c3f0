"""Sightings: when a text that is known already was read again.

    state/sightings/part-00007.parquet    one row for each record of that block

A page that changes back shows a text that has its row already. The sighting says when, so that
``latest_articles`` in the views can tell which version is the latest.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline.version import FORMAT_VERSION

SIGHTINGS_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("fetched_at", pa.timestamp("us", tz="UTC"), nullable=True),
        pa.field("run_id", pa.string(), nullable=False),
        pa.field("logical_date", pa.date32(), nullable=False),
    ],
    metadata={"newsieve.state": "sightings", "newsieve.format_version": str(FORMAT_VERSION)},
)
"""id: of the record, or of the article at the same address with the same text. source: where it was
read this time. fetched_at: when the record says it was fetched."""

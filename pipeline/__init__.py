"""newsieve: a folder of scraped news in, clean deduplicated articles in Parquet out.

    raw/ ─plan─▶ blocks ─read─▶ documents ─clean─▶ articles ─judge─▶ articles ─dedup─▶ verdicts ─write─▶ output/runs/<run>/
                            │               │               │                    │               articles/*.parquet
                            ▼               ▼               ▼                    ▼               duplicates/*.parquet
                        rejection       rejection       rejection            duplicate           rejects/*.parquet
                                                                                                 manifest.json

    read = articles + duplicates + rejects + unchanged        checked before anything is published

Where to look:

    cli/      the commands                     job.py      a run from plan to commit
    beam/     the graph (graph.py), engines    ledger/     what was read, planned and published
    passes/   the work on one block            monitor/    log and metrics of a run
    explain/  human-readable reports           config.py   every setting
    read/ clean/ judge/ dedup/ write/          the stages: plain functions
    text/ urls.py records.py                   text, urls and record types, shared by the stages

In a notebook::

    from pipeline.clean import clean_document      # Document → Article
    from pipeline.passes.isolation import process_document
"""  # noqa: E501 - a diagram

from pipeline.version import VERSION

__version__ = VERSION
__all__ = ["__version__"]

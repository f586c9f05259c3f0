"""newsieve: a folder of scraped news in, clean deduplicated articles in Parquet out.

    raw/ ─plan─▶ blocks ─read─▶ documents ─clean─▶ articles ─judge─▶ articles ─dedup─▶ verdicts ─write─▶ output/runs/<run>/
                            │               │               │                    │               articles/*.parquet
                            ▼               ▼               ▼                    ▼               duplicates/*.parquet
                        rejection       rejection       rejection            duplicate           rejects/*.parquet
                                                                                                 manifest.json

    read = articles + duplicates + rejects + unchanged        checked before anything is published

Where to look:

    cli/      the verbs               job.py    a run from plan to commit     beam/    the graph (graph.py), nothing but Beam
    ledger/   what was read, what is  passes/   the work of each pass on one  read/ clean/ judge/ dedup/ write/
              planned and committed             element, without Beam                  the stages: plain functions
    text/ urls.py  shared vocabulary  records.py  the nouns                   config.py  every setting
    monitor/  log and figures of a run   explain/  human-readable reports

In a notebook::

    from pipeline.clean import clean_document      # Document → Article
    from pipeline.passes.isolation import process_document
"""  # noqa: E501 - a diagram

from pipeline.version import VERSION

__version__ = VERSION
__all__ = ["__version__"]

"""What is compared: a document of a file, cleaned as `clean` does, or a row of an output folder."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.errors import UsageError
from pipeline.explain.lookup import Rows
from pipeline.ledger.inputs import find_inputs
from pipeline.passes.isolation import process_records
from pipeline.read import read_part
from pipeline.read.parts import Part, Unfinished
from pipeline.storage import open_input
from pipeline.write.columns import columns_of


def load_side(name: str, rows: Rows | None, config: Config) -> dict[str, Any]:
    """Load the document that *name* means: a file if there is one, else a name in *rows*.

    Args:
        name: a file of one document; ``<file>#<n>``, record n of a file of many; or, in
            *rows*, an id, record id, url or source.
        rows: the runs of an output folder.
        config: how a file is read, cleaned and judged.

    Returns:
        The document's row of ``articles`` or ``duplicates``. For a row of the output folder
        also its ``table`` and ``sequence``; for a file, as far as it is known before
        deduplication, and with ``remark``: what a run would do instead of comparing it.

    Raises:
        UsageError: nothing has that name, several documents have it, or it has no text.
    """
    path = Path(name)
    if path.is_dir():
        raise UsageError(f"{name}: a folder; name one document, such as {name.rstrip('/')}/a.txt")
    if path.exists():
        return _side_of_file(path, None, config)
    stem, _, number = name.rpartition("#")
    if number.isdecimal() and stem and Path(stem).is_file():
        return _side_of_file(Path(stem), int(number), config)
    if rows is None:
        raise UsageError(
            f"{name}: no such file; to compare by id, record id or url, "
            "name the folder that holds the runs with --output"
        )
    return _side_of_row(name, rows)


def _side_of_file(path: Path, number: int | None, config: Config) -> dict[str, Any]:
    inputs = find_inputs((str(path),))
    (file,) = inputs.files + inputs.unreadable
    part = Part(file.path, path.name, file.suffix, final=True)
    records = read_part(part, open_input, config.input)
    wanted = (each for each in records if not isinstance(each, Unfinished))
    if number is not None:
        wanted = (each for each in wanted if each.source == f"{path.name}#{number}")
    found = list(islice(wanted, 2))
    if len(found) != 1:
        if not found:
            raise UsageError(f"{path if number is None else f'{path}#{number}'}: no such record")
        first = path.with_name(found[0].source)
        raise UsageError(f"{path}: contains several records; choose one, e.g. {first}")
    article, rejection = next(process_records(found, config))
    why = rejection and ": ".join(filter(None, (rejection.reason, rejection.detail)))
    if article is None:
        raise UsageError(f"{path}: {why}")
    row = {each.name: each.value(article) for each in columns_of("articles") if each.value}
    return row | {"remark": why and f"a run would reject it: {why}"}


def _side_of_row(name: str, rows: Rows) -> dict[str, Any]:
    found = rows.named(name, text=True)
    texts = [row for row in found if row.table != "rejects"]
    if found and not texts:
        raise UsageError(f"{name}: rejected, {found[0].values['reason']}; it has no text")
    if not texts:
        raise UsageError(f"no such file, and {rows.not_found(name)}")
    ids = sorted({row.values["id"] for row in texts})
    if len(ids) > 1:
        listed = f"name one by its id: {', '.join(ids[:5])}"
        raise UsageError(f"{name}: {len(ids)} records of {rows.output}; {listed}")
    return texts[0].values | {"table": texts[0].table, "sequence": texts[0].sequence}

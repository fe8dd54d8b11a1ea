"""The rows of a run in the formats of other tools. Files are whole or absent, like everything a run leaves."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from primordia.core.errors import BadInputError, PrimordiaError
from primordia.engine import durable
from primordia.engine.folder import RunFolder

LARGEST_BIGINT = 2**63 - 1


def can_write_parquet() -> bool:
    """Whether DuckDB (the extra `query`) is installed; imports nothing."""
    return importlib.util.find_spec("duckdb") is not None


def parquet(folder: RunFolder, out: Path) -> Path:
    """The rows of a run as one Parquet file: whole numbers as BIGINT, others as DOUBLE, a missing value as null.

    DuckDB runs in this process, with no extension loaded and nothing fetched.

    Raises:
        BadInputError: DuckDB is not installed.
        PrimordiaError: DuckDB could not write the file, for example because the disk is full.
    """
    if not can_write_parquet():
        raise BadInputError(
            "Parquet is written by DuckDB, which is not installed; pip install 'primordia[query]' or export to csv."
        )
    rows = folder.metrics.read()
    kinds = {name: _kind(row[name] for row in rows if name in row) for name in _columns(rows)}
    # The rows pass through CSV because JSON has no NaN and DuckDB would have to guess the types again.
    options = "header=true, delim=',', quote='\"', auto_detect=false"
    return write_parquet(_csv_text(rows), f"read_csv({{source}}, {options}, columns={{columns}})", kinds, out)


def write_parquet(text: str, reader: str, kinds: Mapping[str, str], out: Path) -> Path:
    """Write rows that are a text, such as CSV, as one Parquet file, by DuckDB, which must be installed.

    Args:
        text: the rows.
        reader: DuckDB's function that reads them, with {source} where the file's name goes and {columns} the types.
        kinds: DuckDB's type of each column, in order.
        out: the file, whole or absent.

    Raises:
        PrimordiaError: DuckDB could not write the file, for example because the disk is full.
    """
    import duckdb

    source, aside = (out.with_name(f".{out.name}{ending}.{os.getpid()}") for ending in (".rows", ""))
    described = ", ".join(f"{_quoted(name)}: {_quoted(kind)}" for name, kind in kinds.items())
    read = reader.format(source=_quoted(source), columns=f"{{{described}}}")
    try:
        source.write_text(text, encoding="utf-8")
        with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false", "threads": "1"}) as database:
            database.execute(f"COPY (SELECT * FROM {read}) TO {_quoted(aside)} (FORMAT parquet)")
        os.replace(aside, out)
    except duckdb.Error as error:
        raise PrimordiaError(f"{out} could not be written: {str(error).splitlines()[0]}") from error
    finally:
        source.unlink(missing_ok=True)
        aside.unlink(missing_ok=True)
    durable.sync_folder(out.parent)
    return out


def comma_separated(folder: RunFolder, out: Path) -> Path:
    """The rows of a run as CSV with a header; numbers are written so that they read back to the same bits."""
    durable.write(out, csv_text(folder).encode())
    return out


def json_object(folder: RunFolder, out: Path) -> Path:
    """The whole run as one JSON object: record, config, environment, rows and events."""
    durable.write(out, json_text(folder).encode())
    return out


def csv_text(folder: RunFolder) -> str:
    """What `comma_separated` writes."""
    return _csv_text(folder.metrics.read())


def json_text(folder: RunFolder) -> str:
    """What `json_object` writes."""
    return json.dumps(durable.finite(whole(folder)), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def whole(folder: RunFolder) -> dict[str, Any]:
    """Everything of a run that is not an array or a picture."""
    return {
        "run": folder.record(),
        "settings": folder.config(),
        "environment": folder.environment(),
        "rows": folder.metrics.read(),
        "events": folder.events.read(),
    }


def _columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every name that appears in a row, the step first, then in order of appearance."""
    return list(dict.fromkeys(["step", *(name for row in rows for name in row)]))


def _kind(values: Iterable[Any]) -> str:
    whole_numbers = all(isinstance(value, int) and abs(value) <= LARGEST_BIGINT for value in values)
    return "BIGINT" if whole_numbers else "DOUBLE"


def _csv_text(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, _columns(rows), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"

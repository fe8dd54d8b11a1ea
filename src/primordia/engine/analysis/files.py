"""The table of a sweep as files: Parquet by DuckDB, CSV, JSON. Each is whole or absent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from primordia.core.errors import BadInputError
from primordia.engine import durable, export
from primordia.engine.analysis import table as tables
from primordia.engine.analysis.table import CellTable, Value
from primordia.engine.folder import RunFolder

CELLS, ROWS = "cells.parquet", "rows.parquet"
FORMATS = (".parquet", ".csv", ".json")
LARGEST = {"BIGINT": 2**63 - 1, "UBIGINT": 2**64 - 1}


def save_cells(table: CellTable, out: Path) -> Path:
    """Write the table, one row a cell, in the format of the ending of `out`; see `table.columns` for its columns.

    Raises:
        BadInputError: another ending; or Parquet, and DuckDB (the extra `analysis`) is not installed.
        PrimordiaError: DuckDB could not write the file.
    """
    return _save(records(table), {name: _kind(values) for name, values in tables.columns(table).items()}, out)


def save_rows(table: CellTable, out: Path) -> Path:
    """Write all rows of metrics of all cells, each behind the index, point and seed of its cell and the sweep's axes.

    Reads every row: of a thousand long runs that takes a while. Raises like `save_cells`.
    """
    rows: list[dict[str, Value]] = []
    for cell in table.rows:
        folder = RunFolder(table.sweep.path / table.plan.experiment / cell.folder)
        kept = {"index": cell.index, "point": cell.point, "seed": cell.seed}
        # A setting and a metric of one name: the metric is what rows are about.
        axes = {axis: cell.settings.get(axis) for axis in table.axes}
        rows += [{**kept, **axes, **row} for row in folder.metrics.read()] if cell.status != "waiting" else []
    names = dict.fromkeys(name for row in rows for name in row) or dict.fromkeys(("index", "point", "seed", "step"))
    return _save(rows, {name: _kind(row.get(name) for row in rows) for name in names}, out)


def records(table: CellTable) -> list[dict[str, Value]]:
    """The table as one object a cell; see `table.columns`."""
    columns = tables.columns(table)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _save(rows: Sequence[Mapping[str, Value]], kinds: Mapping[str, str], out: Path) -> Path:
    if out.suffix not in FORMATS:
        raise BadInputError(f"{out.name} has an unknown format; allowed: {', '.join(FORMATS)}.")
    if out.suffix == ".parquet":
        return _parquet(rows, kinds, out)
    durable.write(out, (_json if out.suffix == ".json" else _csv)(rows, list(kinds)).encode())
    return out


def _json(rows: Iterable[Mapping[str, Value]], names: Iterable[str]) -> str:
    names = list(names)
    told = [durable.finite({name: row.get(name) for name in names}) for row in rows]
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _csv(rows: Iterable[Mapping[str, Value]], names: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _parquet(rows: Iterable[Mapping[str, Value]], kinds: Mapping[str, str], out: Path) -> Path:
    if not export.can_write_parquet():
        raise BadInputError(
            "Parquet is written by DuckDB, which is not installed; pip install 'primordia[analysis]', or name a file "
            "that ends in .csv or .json."
        )
    # The rows pass through JSON lines with the types told, because DuckDB would have to guess them from CSV, which
    # cannot tell an empty text from a missing value either.
    text = "".join(json.dumps(durable.finite(row)) + "\n" for row in rows)
    return export.write_parquet(text, "read_json({source}, format='newline_delimited', columns={columns})", kinds, out)


def _kind(values: Iterable[Any]) -> str:
    """The narrowest type that holds every value; of nothing but missing values, a number."""
    there = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in there):
        return "VARCHAR"
    if there and all(isinstance(value, bool) for value in there):
        return "BOOLEAN"
    if all(isinstance(value, int) for value in there):
        if all(abs(value) <= LARGEST["BIGINT"] for value in there):
            return "BIGINT"
        if all(0 <= value <= LARGEST["UBIGINT"] for value in there):
            return "UBIGINT"
    return "DOUBLE"

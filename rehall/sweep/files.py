"""The files of a sweep: its table as CSV and HDF5, what is best, and the key of its variants."""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from rehall.config import Case
from rehall.results import aside, write_text
from rehall.runtime import code
from rehall.sweep.rows import FIRST, Row, best, columns_of, inputs_of, pareto
from rehall.sweep.study import Asked, Swept

JSON, CSV, TABLE, KEY = "sweep.json", "sweep.csv", "sweep.h5", "sweep.key"
VARIANTS = "variants"
"""Folder of what the variants have told, and of their air for others to start from."""
TEXT = h5py.string_dtype("utf-8")


def key_of(case: Case, asked: Asked) -> str:
    """What the solved variants of a folder belong to: case, inputs, grid, and the code."""
    how = (asked.vary, asked.sample, asked.count, asked.seed, asked.cell)
    return hashlib.sha256(json.dumps([case.text, how, code()]).encode()).hexdigest()


def summarise_sweep(case: Case, asked: Asked, swept: Swept) -> Row:
    """What was asked, how many variants came out how, and which are best."""
    varied = swept.planned.varied
    least = best(swept.rows)
    counts = Counter(row["verdict"] for row in swept.rows)
    verdicts = {name: counts[name] for name in ("pass", "fail", "unsure", "unsolved")}
    return {
        "case": case.path.stem,
        "inputs": [
            {"path": one.path, "values": text.partition("=")[2].strip()}
            for one, text in zip(varied, asked.vary, strict=True)
        ],
        "sample": asked.sample,
        "count": asked.count,
        "seed": asked.seed,
        "cell_m": asked.cell,
        "counts": {"variants": len(swept.rows), **verdicts, "computed": swept.computed},
        "best": least and _told(swept, least),
        "pareto": [_told(swept, row) for row in pareto(swept.rows)],
        "wall_s": round(swept.wall_s, 2),
    }


def _told(swept: Swept, row: Row) -> Row:
    """A row with what matters most."""
    one = swept.planned.variants[row["number"]]
    given = {"inputs": inputs_of(one, swept.planned.varied)}
    return given | {name: row[name] for name in FIRST}


def write_files(summary: Row, swept: Swept, out: Path) -> list[Path]:
    """Write the table and what is best; the paths."""
    columns = columns_of(swept.rows, swept.planned.varied)
    write_text(out / JSON, json.dumps(summary, indent=2, allow_nan=False) + "\n")
    with aside(out / CSV) as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(columns)
        for row in swept.rows:
            table.writerow([_cell(row.get(name)) for name in columns])
    with aside(out / TABLE) as part, h5py.File(part, "w", track_order=True) as file:
        for name in columns:
            # In HDF5 a slash is a folder.
            found = _column([row.get(name) for row in swept.rows])
            file.create_dataset(name.replace("/", "|"), **found)
    return [out / CSV, out / TABLE, out / JSON]


def _cell(value: Any) -> Any:
    return "" if value is None else value


def _column(values: Sequence[Any]) -> dict[str, Any]:
    """A column as a dataset: numbers with NaN for what is missing, or text."""
    if all(value is None or isinstance(value, int | float) for value in values):
        numbers = [np.nan if value is None else float(value) for value in values]
        return {"data": np.array(numbers, float)}
    return {"data": ["" if value is None else str(value) for value in values], "dtype": TEXT}

"""Published points on disk: CSV with `#` lines that name their source."""

import csv
from pathlib import Path

import numpy as np


def read_reference(case_file: str | Path, name: str = "reference.csv") -> dict[str, np.ndarray]:
    """Columns of a reference table beside a case file, by heading.

    A column of numbers comes as floats, with NaN where a cell is empty; any other as text. Raises
    FileNotFoundError where the table is missing and ValueError where it has no rows.
    """
    path = Path(case_file).parent / name
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    if not rows:
        raise ValueError(f"{path}: no rows")
    return {heading: _column([row[heading] for row in rows]) for heading in rows[0]}


def _column(cells: list[str]) -> np.ndarray:
    try:
        return np.array([float(cell) if cell.strip() else np.nan for cell in cells])
    except ValueError:
        return np.array(cells)

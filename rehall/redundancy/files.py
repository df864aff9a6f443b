"""The files of a study of failures: numbers, table, and the key of what they belong to."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

from rehall.config import Case
from rehall.results import aside, write_text
from rehall.runtime import code

JSON, CSV, KEY = "redundancy.json", "redundancy.csv", "study.key"
COLUMNS = (
    *("verdict", "state", "component", "kind", "mode", "subsystem", "air", "in_time"),
    *(
        "first_limit_s",
        "first_limit_sure",
        "first_limit_earliest_s",
        "first_limit_latest_s",
        "buffer_used_s",
        "unserved_at_s",
        "unserved_kw",
        "throttled_kw",
        "rate_per_year",
        "repair_h",
        "reason",
    ),
)
OF_WORST = (
    *("limit", "where", "value", "beyond", "limit_value", "unit", "uncertainty"),
    *("margin_pct", "when"),
)
Row = dict[str, Any]


def key_of(case: Case, cell: float | None) -> str:
    """What the solved states of a folder belong to: case, grid, and the code that solves."""
    told = json.dumps([case.text, cell, code()])
    return hashlib.sha256(told.encode()).hexdigest()


def write_numbers(summary: Row, out: Path) -> list[Path]:
    """Write every number as JSON, and a row a state as CSV."""
    write_text(out / JSON, json.dumps(summary, indent=2, allow_nan=False) + "\n")
    with aside(out / CSV) as part, part.open("w", newline="") as file:
        table = csv.writer(file)
        named = [f"{which}_{name}" for which in ("worst", "nearest") for name in OF_WORST]
        table.writerow([*COLUMNS, *named, "broken", "events"])
        for state in summary["states"]:
            worst = state["broken"][0] if state["broken"] else dict.fromkeys(OF_WORST)
            near = state["nearest"] or dict.fromkeys(OF_WORST)
            cells = [state[name] for name in COLUMNS]
            cells += [row[name] for row in (worst, near) for name in OF_WORST]
            told = ["" if cell is None else cell for cell in cells]
            table.writerow([*told, len(state["broken"]), "; ".join(state["events"])])
    return [out / JSON, out / CSV]

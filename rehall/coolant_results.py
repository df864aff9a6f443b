"""What the coolant does in a transient: series as CSV, rows of the summary, limits in time."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from rehall.coolant_log import CoolantMarch
from rehall.crossing import crossing
from rehall.results import aside
from rehall.verdict import Limit

CSV = "coolant.csv"
FLOW_LIMIT = "coolant_flow_min_transient"
DEW_POINT = "dew_point_margin_min"
ZERO = 273.15
STILL = 1e-3
"""Share of its flow at the beginning below which the coolant of a rack stands still [-]."""
LEAK = 1e-5
"""Flow below which coolant stands still [kg/s]: what is shut leaks less."""
Row = dict[str, Any]


def write_csv(found: CoolantMarch, out: Path) -> Path:
    """Write the series: a row a moment; four columns a rack, one a circuit."""
    header = ["time_s"]
    for name in found.racks:
        header += [f"{name} {title}" for title in ("inlet_c", "hottest_c", "chip_c", "kg_s")]
    header += [f"{name} supply_c" for name in found.circuits]
    with aside(out / CSV) as part, part.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(header)
        for n, time in enumerate(found.times):
            values = [time]
            for k in range(len(found.racks)):
                values += [found.T_in[n, k] - ZERO, found.T_hottest[n, k] - ZERO]
                values += [found.T_chip[n, k] - ZERO, found.m_flow[n, k]]
            values += list(found.T_supply[n] - ZERO)
            table.writerow([f"{value:.6g}" if np.isfinite(value) else "" for value in values])
    return out / CSV


def part_of_summary(found: CoolantMarch) -> Row:
    """Figures of the coolant: of every rack when it passes which limit, and of every circuit."""
    rows = rack_rows(found)
    moments = [row[key] for row in rows for key in row if key.endswith("_broken_at_s")]
    broken = [moment for moment in moments if moment is not None]
    return {
        "steps": len(found.times) - 1,
        "first_limit_broken_s": min(broken, default=None),
        "assumed_volumes": found.assumptions,
        "racks": rows,
        "circuits": [
            {
                "name": name,
                "supply_start_c": float(found.T_supply[0, n]) - ZERO,
                "supply_lowest_c": float(found.T_supply[:, n].min()) - ZERO,
                "supply_highest_c": float(found.T_supply[:, n].max()) - ZERO,
                "supply_end_c": float(found.T_supply[-1, n]) - ZERO,
            }
            for n, name in enumerate(found.circuits)
        ],
    }


def rack_rows(found: CoolantMarch) -> list[Row]:
    """Each rack's warmest inlet, coolant and chip, and when they pass their limits."""
    rows, t = [], found.times
    for n, name in enumerate(found.racks):
        T_in, T_hot, T_chip = (
            series[:, n] - ZERO for series in (found.T_in, found.T_hottest, found.T_chip)
        )
        forward, wanted = found.m_flow[:, n], found.m_wanted[:, n]
        flow = np.abs(forward)
        most_in, most_hot, most_chip = (float(T) for T in found.limits[n] - ZERO)
        plated = np.isfinite(most_chip)
        stands = flow[0] < LEAK
        still = np.flatnonzero(flow < max(STILL * flow[0], LEAK))
        rows.append(
            {
                "name": name,
                "flow_least_pct": None if stands else 100 * float(flow.min() / flow[0]),
                "flow_end_pct": 100 * float(forward[-1] / wanted[-1]) if wanted[-1] > 0 else None,
                "flow_limit_pct": 100 * found.flow_min,
                "flow_low_at_s": crossing(t, found.flow_min * wanted - forward, 0.0),
                "still_at_s": float(t[still[0]]) if len(still) else None,
                "warming_without_flow_k_s": found.warming[name],
                "supply_highest_c": float(T_in.max()),
                "supply_limit_c": most_in,
                "supply_broken_at_s": crossing(t, T_in, most_in),
                "coolant_start_c": float(T_hot[0]),
                "coolant_highest_c": float(T_hot.max()),
                "coolant_limit_c": most_hot,
                "coolant_broken_at_s": crossing(t, T_hot, most_hot),
                "chip_start_c": float(T_chip[0]) if plated else None,
                "chip_highest_c": float(T_chip.max()) if plated else None,
                "chip_limit_c": most_chip if plated else None,
                "chip_broken_at_s": crossing(t, T_chip, most_chip) if plated else None,
            }
        )
    return rows


def limits_of(summary: Row, part: Row) -> list[Limit]:
    """Limits in time of the coolant's part of a summary, beside those of the steady state.

    Warmest supply, coolant and chip of every rack; its flow at the end, as the temperatures judge
    a gap before; and the coldest supply of every circuit above the steady state's dew point.
    """
    kinds = (
        ("coolant_supply_max_transient", "supply"),
        ("coolant_return_max_transient", "coolant"),
        ("chip_temperature_max_transient", "chip"),
    )
    found = [
        Limit(limit, row["name"], row[f"{key}_highest_c"], row[f"{key}_limit_c"], "degC")
        for row in part["racks"]
        for limit, key in kinds
        if row[f"{key}_limit_c"] is not None
    ]
    found += [
        Limit(FLOW_LIMIT, r["name"], r["flow_end_pct"], r["flow_limit_pct"], "%", least=True)
        for r in part["racks"]
        if r["flow_end_pct"] is not None
    ]
    steady = {row["where"]: row for row in summary["limits"] if row["name"] == DEW_POINT}
    for row in part["circuits"]:
        dew = steady.get(row["name"])
        if dew is not None:
            margin = dew["value"] - (row["supply_start_c"] - row["supply_lowest_c"])
            unsure = dew["uncertainty"]
            found.append(
                Limit(
                    f"{DEW_POINT}_transient", row["name"], margin, dew["limit"], "K", unsure, True
                )
            )
    return found

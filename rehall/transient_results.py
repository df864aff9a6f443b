"""What a transient shows: series as CSV, a part of the summary, and its limits."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from rehall import coolant_results
from rehall.crossing import crossing
from rehall.events import in_order, words
from rehall.results import aside
from rehall.summary import worst_first
from rehall.transient import Transient
from rehall.verdict import Limit
from thermal.air.march import LARGEST_ERROR

CSV = "transient.csv"
LIMIT, RISE_LIMIT = "rack_inlet_max_transient", "rack_air_rise_max_transient"
POWER_LIMIT = "rack_power_max_transient"
UNFINISHED = "transient: not marched to its end; the same command with --resume goes on"
ZERO = 273.15
KWH = 3.6e6
CP = 1006.0
"""Of air [J/kg/K]. ASHRAE Fundamentals (2017), chapter 1."""
MUCH_AIR = 1.0
"""Air that sealed halls expel or take up from which on it is told [kg]."""
STILL = 1e-3
"""Share of its largest flow up to which a unit's air stands still [-]."""
COLUMNS = {
    "T_in": ("inlet_mean_c", -ZERO),
    "T_in_max": ("inlet_max_c", -ZERO),
    "T_out": ("outlet_c", -ZERO),
    "m_flow": ("air_kg_s", 0.0),
    "rise": ("air_rise_k", 0.0),
}

Row = dict[str, Any]


def write_csv(found: Transient, out: Path) -> Path:
    """Write the series: a row a step, five columns a device; empty where a device has no such."""
    shown = {name: found.columns[name] + shift for name, (_, shift) in COLUMNS.items()}
    header = ["time_s", "step_s"]
    header += [f"{device} {title}" for device in found.devices for title, _ in COLUMNS.values()]
    with aside(out / CSV) as part, part.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(header)
        for n, (time, step) in enumerate(zip(found.times, found.steps, strict=True)):
            values = [shown[name][n, d] for d in range(len(found.devices)) for name in COLUMNS]
            told = [f"{value:.6g}" if np.isfinite(value) else "" for value in values]
            table.writerow([f"{time:.6g}", f"{step:.6g}", *told])
    return out / CSV


def with_transient(summary: Row, found: Transient) -> Row:
    """The summary of the steady state with the transient's part, limits and verdict."""
    racks = rack_rows(summary, found)
    coolant = None
    if found.coolant is not None:
        coolant = coolant_results.part_of_summary(found.coolant)
    limits_in_time = limits_of(summary, racks, found.powers)
    if coolant is not None:
        limits_in_time += coolant_results.limits_of(summary, coolant)
    in_time = [limit.row() for limit in worst_first(limits_in_time)]
    # Both lists are in order; the broken ones of either come before the undecided ones.
    rank = {False: 0, None: 1, True: 2}
    limits = sorted(summary["limits"] + in_time, key=lambda row: rank[row["holds"]])
    coarse = coarse_steps(found)
    reasons = [reason for reason in summary["reasons"] if reason != UNFINISHED]
    reasons += [f"transient: {found.reason}"] if found.reason else []
    return {
        **summary,
        "verdict": verdict_of(not reasons, limits),
        "converged": not reasons,
        "reasons": reasons,
        "limits": limits,
        "warnings": [
            *summary["warnings"],
            *coarse,
            *expelled(found),
            *(found.coolant.warnings if found.coolant is not None else ()),
        ],
        "transient": part_of_summary(racks, coolant, summary, found),
    }


def unfinished(summary: Row) -> Row:
    """The summary of the steady state as long as its transient has no end."""
    reasons = [*summary["reasons"], UNFINISHED]
    verdict = verdict_of(False, summary["limits"])
    return {**summary, "verdict": verdict, "converged": False, "reasons": reasons}


def coarse_steps(found: Transient) -> list[str]:
    """What to warn of where even the shortest steps missed the allowed error."""
    missed = np.flatnonzero(found.errors >= LARGEST_ERROR)
    if not len(missed):
        return []
    worst = missed[found.errors[missed].argmax()]
    return [
        f"transient: {len(missed)} of {len(found.errors)} steps could not be cut short enough: the "
        f"worst, at {found.times[worst]:.3g} s, has {found.errors[worst]:.3g} times the allowed "
        f"error (limit {LARGEST_ERROR:g}); what follows at once is uncertain"
    ]


def expelled(found: Transient) -> list[str]:
    """What to warn of where much air leaves, or enters, a hall that is drawn without openings."""
    mass = found.ledger.mass_expelled
    if abs(mass) < MUCH_AIR:
        return []
    way = "leave sealed air as it warms" if mass > 0 else "enter sealed air as it cools"
    return [
        f"transient: {abs(mass):.3g} kg {way}, through leaks that nobody has drawn; a hall as "
        "tight as drawn would change its pressure instead"
    ]


def part_of_summary(racks: list[Row], coolant: Row | None, summary: Row, found: Transient) -> Row:
    """Figures of the transient."""
    events, ledger = in_order(found.spec), found.ledger
    moments = [row[key] for row in racks for key in ("limit_broken_at_s", "air_rise_broken_at_s")]
    moments += [coolant["first_limit_broken_s"]] if coolant else []
    broken = [moment for moment in moments if moment is not None]
    end = float(found.times[-1]) if len(found.times) else 0.0
    return {
        "duration_s": end,
        "steps": len(found.times),
        "steps_beyond_error": int(np.sum(found.errors >= LARGEST_ERROR)),
        "step_error_max": float(found.errors.max(initial=0.0)),
        "outputs": found.outputs,
        "wall_s": round(found.wall_s, 1),
        "speed_over_real_time": found.speed or None,
        "first_event_s": events[0].at if events else None,
        "first_limit_broken_s": min(broken, default=None),
        "energy_error_pct": 100 * ledger.air_error,
        "servers_error_pct": 100 * ledger.servers_error,
        "mass_error_pct": 100 * ledger.mass_error,
        "air_expelled_kg": ledger.mass_expelled,
        "given_to_air_kwh": ledger.given / KWH,
        "stored_in_air_kwh": ledger.stored / KWH,
        "stored_in_servers_kwh": ledger.servers_stored / KWH,
        "stored_in_walls_kwh": ledger.walls_stored / KWH,
        "events": [words(event) for event in events],
        "assumed_thermal_masses": found.assumptions,
        "racks": racks,
        "cooling_units": unit_rows(summary, found),
        "coolant": coolant,
    }


def rack_rows(summary: Row, found: Transient) -> list[Row]:
    """Each rack's highest inlet and air rise, when, and when they pass their limits."""
    number = {name: n for n, name in enumerate(found.devices)}
    rises = {
        row["where"]: row["limit"]
        for row in summary["limits"]
        if row["name"] == "rack_air_rise_max"
    }
    rows = []
    for rack in summary["racks"]:
        if rack["name"] not in number or not len(found.times):
            continue
        n, limit = number[rack["name"]], rack["inlet_limit_c"]
        T, rise = found.columns["T_in_max"][:, n] - ZERO, found.columns["rise"][:, n]
        most, steepest = int(T.argmax()), int(rise.argmax())
        rows.append(
            {
                "name": rack["name"],
                "inlet_start_c": float(T[0]),
                "inlet_highest_c": float(T[most]),
                "highest_at_s": float(found.times[most]),
                "inlet_end_c": float(T[-1]),
                "inlet_limit_c": limit,
                "limit_broken_at_s": crossing(found.times, T, limit),
                "over_limit_s": float(np.sum(found.steps[limit < T])),
                "air_rise_highest_k": float(rise[steepest]),
                "air_rise_highest_at_s": float(found.times[steepest]),
                "air_rise_limit_k": rises[rack["name"]],
                "air_rise_broken_at_s": crossing(found.times, rise, rises[rack["name"]]),
            }
        )
    return rows


def unit_rows(summary: Row, found: Transient) -> list[Row]:
    """Each cooling unit's warmest supply, and its air at the end."""
    number = {name: n for n, name in enumerate(found.devices)}
    rows = []
    for unit in summary["cooling_units"]:
        n = number.get(unit["name"])
        if n is None or not len(found.times):
            continue
        T, m_flow = leaving_air(found, n), found.columns["m_flow"][:, n]
        rows.append(
            {
                "name": unit["name"],
                "supply_start_c": None if np.isnan(T[0]) else float(T[0]),
                "supply_highest_c": None if np.isnan(T).all() else float(np.nanmax(T)),
                "air_start_kg_s": float(m_flow[0]),
                "air_end_kg_s": float(m_flow[-1]),
            }
        )
    return rows


def leaving_air(found: Transient, n: int) -> np.ndarray:
    """Air that leaves a cooling unit [degC, steps]; NaN where it stands still."""
    return np.where(moves(found, n), found.columns["T_out"][:, n] - ZERO, np.nan)


def return_air(found: Transient, n: int) -> np.ndarray:
    """Air that a cooling unit takes in [degC, steps]; NaN where it stands still."""
    return np.where(moves(found, n), found.columns["T_in"][:, n] - ZERO, np.nan)


def heat_taken(found: Transient, n: int) -> np.ndarray:
    """Heat that a cooling unit takes out of its air [W, steps]; 0 where it stands still."""
    cooled = return_air(found, n) - leaving_air(found, n)
    return np.where(moves(found, n), found.columns["m_flow"][:, n] * CP * cooled, 0.0)


def moves(found: Transient, n: int) -> np.ndarray:
    """Whether the air of a cooling unit moves [steps]."""
    m_flow = found.columns["m_flow"][:, n]
    return np.asarray(m_flow > STILL * max(float(m_flow.max()), 1e-9))


def limits_of(summary: Row, racks: list[Row], powers: dict[str, float]) -> list[Limit]:
    """Highest inlets and air rises, and the `powers` [W] that events raise, against their limits.

    Inlets are as uncertain as in the steady state, air rises by the same share as there.
    """
    known = {(row["name"], row["where"]): row["uncertainty"] for row in summary["limits"]}
    steady = {
        row["where"]: row["value"]
        for row in summary["limits"]
        if row["name"] == "rack_air_rise_max"
    }
    of_power = {r["where"]: r["limit"] for r in summary["limits"] if r["name"] == "rack_power_max"}
    found = [
        Limit(POWER_LIMIT, where, power / 1e3, of_power[where], "kW")
        for where, power in powers.items()
    ]
    for row in racks:
        where = row["name"]
        inlet = (row["inlet_highest_c"], row["inlet_limit_c"], "degC")
        rise = (row["air_rise_highest_k"], row["air_rise_limit_k"], "K")
        found += [
            Limit(LIMIT, where, *inlet, known.get(("rack_inlet_max", where))),
            Limit(
                RISE_LIMIT,
                where,
                *rise,
                _share_of(rise[0], steady.get(where), known.get(("rack_air_rise_max", where))),
            ),
        ]
    return found


def _share_of(rise: float, steady: float | None, uncertainty: float | None) -> float | None:
    """Uncertainty of a rise in time that is the same share of it as in the steady state [K]."""
    return uncertainty * rise / steady if steady and uncertainty is not None else uncertainty


def verdict_of(converged: bool, limits: list[Row]) -> str:
    """The verdict for rows of limits."""
    states = [row["holds"] for row in limits]
    if not converged or None in states:
        return "fail" if converged and False in states else "unsure"
    return "fail" if False in states else "pass"

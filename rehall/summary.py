"""Solution -> the numbers of the verdict: plain Python, keys that end in their unit."""

from typing import Any

import jax
import numpy as np

from rehall import dew_guard, liquid_words
from rehall.derived import Uncertainty, uncertainty_of
from rehall.evidence import formal_order, grid_evidence
from rehall.limits import limits_of
from rehall.loop_rows import circuit_tables
from rehall.observe import device_air, opening_air
from rehall.power_summary import power_tables
from rehall.simulate import Solution
from rehall.summary_hall import balance, hall_metrics
from rehall.summary_tables import (
    cdus,
    cooling_units,
    facilities,
    loops,
    opening_rows,
    racks,
)
from rehall.uniqueness import Second, compared, warnings_of
from rehall.verdict import Limit, between_states, verdict

Row = dict[str, Any]


def summarise(solution: Solution, second: Second | None = None) -> Row:
    """Every number of the verdict, as `summary.json` holds it; `second` is from another start."""
    case = solution.case
    air = device_air(case, solution.level, solution.air)
    openings = opening_air(case, solution.level, solution.air)
    grid = grid_evidence(solution, air)
    known = uncertainty_of(solution, air, grid.total, formal_order(solution))
    limits = limits_of(solution, air, known)
    extra: Row = {}
    if second is not None:
        others = limits_of(second.solution, second.air, Uncertainty()) if second.shown else []
        limits = between_states(limits, others)
        extra["uniqueness"] = compared(solution, air, second, limits)
    converged = not solution.reasons
    return {
        "case": case.path.stem,
        "verdict": verdict(converged, limits),
        "converged": converged,
        "reasons": solution.reasons,
        "cells": solution.level.grid.cells,
        "wall_s": round(solution.wall_s + (second.solution.wall_s if second else 0.0), 2),
        "device": device_name(),
        "limits": [limit.row() for limit in worst_first(limits)],
        "racks": racks(solution, air, grid.total),
        "openings": opening_rows(case, openings),
        "cooling_units": cooling_units(solution, air),
        "cdus": cdus(solution),
        "loops": loops(solution),
        **circuit_tables(solution),
        "facilities": facilities(solution),
        **power_tables(solution),
        "balance": balance(solution),
        "metrics": hall_metrics(solution, air, openings),
        "grid": grid.row(),
        **extra,
        "warnings": [
            *map(str, case.warnings),
            *dew_guard.warnings(case),
            *(liquid_words.warnings(*solution.liquid) if solution.liquid else ()),
            *solution.carried.warnings,
            *warnings_of(second),
        ],
    }


def device_name() -> str:
    """The device that JAX computes on."""
    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind}"


def worst_first(limits: list[Limit]) -> list[Limit]:
    """Broken limits first, then undecided ones, then by what is left of the limit.

    A limit of nothing (no unserved load, no heat left over) has no share left; if kept, it is last.
    """
    rank = {False: 0, None: 1, True: 2}

    def left(limit: Limit) -> float:
        margin = limit.value - limit.limit if limit.least else limit.limit - limit.value
        return margin / abs(limit.limit) if abs(limit.limit) > 0.01 else np.inf

    return sorted(limits, key=lambda limit: (rank[limit.holds], left(limit)))

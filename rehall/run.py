"""One case from file to results folder."""

from pathlib import Path

import numpy as np

from rehall.carried import Carried
from rehall.config import Case
from rehall.models import AirLevel
from rehall.moisture import humidity_fields
from rehall.observe import face_temperatures
from rehall.report import write_report
from rehall.results import REPORT, Fields, Results, write
from rehall.runtime import manifest
from rehall.simulate import Solution, Watch, simulate
from rehall.summary import summarise
from rehall.temporal import drop_steps
from rehall.uniqueness import Second, solve_again
from rehall.views import screenshots
from thermal.air.iterate import eddy_viscosity_of
from thermal.air.state import AirState


def solve_case(
    case: Case,
    watch: Watch | None = None,
    cell: float | None = None,
    grids: int = 2,
    check_uniqueness: bool = False,
) -> tuple[Solution, Results]:
    """Solve a case and gather its results.

    `cell` [m] replaces the case's cell width; `grids` from three on make a grid study;
    `check_uniqueness` solves again from a second start.
    """
    solution = simulate(case, watch, cell, grids)
    second = solve_again(solution, watch) if check_uniqueness else None
    return solution, results_of(solution, second)


def results_of(solution: Solution, second: Second | None = None) -> Results:
    """Gather the results of a solution; `second` is from another start."""
    case, summary = solution.case, summarise(solution, second)
    return Results(
        fields=fields_of(solution.level, solution.air.state, solution.carried),
        hall=solution.level.hall,
        summary=summary,
        case_text=case.text,
        manifest=manifest(case.text, summary["device"]),
        face_temperatures=face_temperatures(case, solution.level, solution.air),
    )


def write_results(
    results: Results,
    out: Path,
    pictures: bool = True,
    more: tuple[Path, ...] = (),
    keep_transient: bool = False,
) -> list[Path]:
    """Write a results folder; the pictures' paths.

    `more` pictures of the folder go into the report; `keep_transient` as in `results.write`.
    """
    if not keep_transient:
        drop_steps(out)
    drawn = write(results, out, screenshots if pictures else None, keep_transient)
    write_report(results, [*more, *drawn], out / REPORT)
    return [*more, *drawn]


UNITS = {"age": "s", "recirculated": "1"}


def _carried_fields(
    level: AirLevel, state: AirState, carried: Carried
) -> dict[str, tuple[np.ndarray, str]]:
    found = {
        "age": (carried.cells["age"], "s"),
        "recirculated": (carried.cells["recirculated"], "1"),
    }
    T, ratio = np.asarray(state.T, float), carried.cells["humidity_ratio"]
    found |= humidity_fields(ratio, T, float(level.model.pressure))
    return {
        name: (np.asarray(values, np.float32), unit)
        for name, (values, unit) in found.items()
        if np.isfinite(values).any()
    }


def fields_of(level: AirLevel, state: AirState, carried: Carried | None = None) -> Fields:
    """The air in cell centres, SI units; what it carries where it is known anywhere."""
    grid = level.grid
    u, v, w = (np.asarray(x, np.float32) for x in (state.u, state.v, state.w))
    centred = (
        0.5 * (u[1:] + u[:-1]),
        0.5 * (v[:, 1:] + v[:, :-1]),
        0.5 * (w[:, :, 1:] + w[:, :, :-1]),
    )
    mu_t = np.asarray(eddy_viscosity_of(state, level.model), np.float32)
    return Fields(
        x=grid.x,
        y=grid.y,
        z=grid.z,
        T=np.asarray(state.T, np.float32),
        p=np.asarray(state.p, np.float32),
        velocity=np.stack(centred, axis=-1),
        solid=level.voxels.solid,
        extra={
            "mu_t": (mu_t, "Pa s"),
            "k": (np.asarray(state.k, np.float32), "m2/s2"),
            "epsilon": (np.asarray(state.epsilon, np.float32), "m2/s3"),
            **({} if carried is None else _carried_fields(level, state, carried)),
        },
    )

"""What has to be solved apart for a failure: air in the end, air and coolant in time.

A task writes its file once it is done, whole or not at all; a file that is there is not computed
again.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rehall.config import Case
from rehall.coolant_log import CoolantMarch
from rehall.coolant_march import march_coolant
from rehall.operation import Exchange
from rehall.redundancy.course import Course
from rehall.redundancy.ground import COARSE, FINE, Ground, heard, replace_exchange
from rehall.redundancy.prepared import Prepared, air_view, level_with, prepared
from rehall.redundancy.stored import read_air, write_air
from rehall.results import aside, write_text
from rehall.schema.transient import EventSpec, TransientSpec
from rehall.simulate import AGREEMENT, Solution, couple
from rehall.temporal import drop_steps
from rehall.transient import Transient, march_case
from thermal.air.history import WINDOW
from thermal.air.settling import AirSolution, Settings
from thermal.air.solve import changed
from thermal.air.state import Work

MARCH_COURANT = 8.0
"""Cells that air crosses in a step of a march [-] (docs/decisions/0015-failures.md)."""
SCREENING_AGREEMENT = 0.02
"""Change of what the domains exchange that is small enough on the coarse grid [-]."""
DRIFT = 0.3
"""How far an inlet may still move, or its mean [K]: a fifth of the uncertainty of inlets in the AI
hall. Over 200 iterations from the 100th on mean inlets are within 0.08 K, highest ones within
0.13 K of those over 800."""
PATIENCE = 2 * WINDOW
"""Iterations in which a state may settle before it is averaged: from the 75th on the AI hall only
swings about its end."""
STEADY, MARCH, COOLANT = "steady", "march", "coolant"
Values = np.ndarray


@dataclass(frozen=True, eq=False)
class Task:
    """Something to solve: `kind` on a `grid` for a course, known by its `key`.

    `x` is the first guess of what is exchanged; `span` [s] cuts a march short; a steady state
    settles within `drift` [K].
    """

    kind: str
    key: str
    course: Course
    x: Any
    grid: str = COARSE
    span: float | None = None
    drift: float = DRIFT

    @property
    def name(self) -> str:
        """Name of its files."""
        cut = "" if self.span is None else f"-{self.span:g}s"
        cut += "" if self.drift == DRIFT else f"-{self.drift:g}K"
        return f"{self.kind}-{self.grid}-{self.key}{cut}"


def cost(task: Task) -> float:
    """How long a task takes over others, so that the longest are begun first [s].

    As in the AI hall: what matters is the order.
    """
    span = task.course.span if task.span is None else min(task.span, task.course.span)
    own, finer = {
        STEADY: (5.0, 6.0),
        MARCH: (0.06 * span, 15.0),
        COOLANT: (0.002 * span, 1.0),
    }[task.kind]
    return own * (finer if task.grid == FINE else 1.0)


def done(task: Task, folder: Path) -> bool:
    """Whether a task has its result; one that was stopped by an error is tried again."""
    return (folder / f"{task.name}.json").is_file() and not told(task, folder).get("stopped")


def told(task: Task, folder: Path) -> dict[str, Any]:
    """What a task that is done has told."""
    found: dict[str, Any] = json.loads((folder / f"{task.name}.json").read_text())
    return found


def solve_task(task: Task, ground: Ground, folder: Path) -> None:
    """Solve a task and write its files; what cannot be solved is told with its reason."""
    try:
        found = KINDS[task.kind](task, ground, folder)
    except Exception as error:  # whatever it is, the other states go on
        found = {"reason": f"{type(error).__name__}: {error}", "stopped": True}
    write_text(folder / f"{task.name}.json", json.dumps(found))


def _steady(task: Task, ground: Ground, folder: Path) -> dict[str, Any]:
    state, start = beginning(task, ground, folder)
    level = level_with(state.case, ground.grids[task.grid].level, state.baffles)
    solution = couple(
        *(state.case, level, start, state.x, state.plant, "air"),
        agreed=agreement(task.grid),
        settings=settings_of(state.case, task),
    )
    return written(task, folder, solution)


def beginning(task: Task, ground: Ground, folder: Path) -> tuple[Prepared, Work]:
    """What a steady state is given and starts from: the normal air, what the coarse grid says, or
    where it has settled less."""
    settled = _settled_less(task, ground, folder)
    if settled is not None:
        air, x = settled
        return prepared(ground, task.course, heard(task.x, x), for_air=True), air.work
    before = _on_coarse(task, ground, folder)
    if before is None:
        start = ground.grids[task.grid].air.work
        return prepared(ground, task.course, task.x, for_air=True), start
    air, told_by = before
    state = prepared(ground, task.course, heard(task.x, told_by), for_air=True)
    fine, coarse = ground.grids[FINE], ground.grids[COARSE]
    grids = coarse.level.model, coarse.level.grid, fine.level.model, fine.level.grid
    return state, changed(fine.air.work, coarse.air.work, air.work, *grids)


def agreement(grid: str) -> float:
    """How far the domains may still be from each other on a grid [-]."""
    return SCREENING_AGREEMENT if grid == COARSE else AGREEMENT


def _settled_less(task: Task, ground: Ground, folder: Path) -> tuple[AirSolution, Exchange] | None:
    """The same state where it has settled less."""
    path = folder / f"{replace(task, drift=DRIFT).name}.h5"
    if task.drift == DRIFT or not path.is_file():
        return None
    return read_air(path, ground.grids[task.grid].level)


def settings_of(case: Case, task: Task) -> Settings:
    """How steady states are solved: they settle less than the normal one does, and on the fine grid
    start close to their end."""
    settings = Settings(iterations=case.solver.iterations, drift=task.drift)
    return settings if task.grid == COARSE else replace(settings, patience=PATIENCE)


def _on_coarse(task: Task, ground: Ground, folder: Path) -> tuple[AirSolution, Exchange] | None:
    """The same state on the coarse grid, where it is to be solved on the fine one."""
    path = folder / f"{replace(task, grid=COARSE).name}.h5"
    if task.grid == COARSE or not path.is_file():
        return None
    air, x = read_air(path, ground.grids[COARSE].level)
    return (air, x) if np.isfinite(air.T_in).all() else None


def written(task: Task, folder: Path, solution: Solution) -> dict[str, Any]:
    """Write the air of a solution; what is told of it."""
    write_air(folder / f"{task.name}.h5", solution.air, solution.exchange)
    return {
        "reason": "; ".join(solution.reasons),
        "iterations": solution.air.iterations,
        "rounds": solution.rounds,
        "averaged": solution.air.averaged,
        "wall_s": round(solution.wall_s, 2),
    }


def _march(task: Task, ground: Ground, folder: Path) -> dict[str, Any]:
    on, spec = ground.grids[task.grid], task.course.spec
    events = air_view(ground.case, task.course)[0]
    span = task.course.span if task.span is None else min(task.span, task.course.span)
    case = replace(ground.case, transient=cut(spec, events, span))
    level = level_with(case, on.level, task.course.baffles)
    work = folder / f"{task.name}.steps"
    work.mkdir(exist_ok=True)
    steady = (replace_exchange(on.x), on.air.work, on.air.m_flow)
    found = march_case(case, level, steady, work, courant=MARCH_COURANT, settled_on=on.level)
    assert found is not None, "a march from a steady state has no result"
    drop_steps(work)
    for path in work.iterdir():
        path.unlink()
    work.rmdir()
    write_march(folder / f"{task.name}.npz", found)
    told = {"reason": found.reason, "expelled_kg": found.ledger.mass_expelled}
    told["warnings"] = list(found.coolant.warnings) if found.coolant is not None else []
    return told | {"wall_s": round(found.wall_s, 2)}


def cut(spec: TransientSpec, events: Sequence[EventSpec], span: float) -> TransientSpec:
    """A transient up to a time [s], with these events and fields at its ends only."""
    before = tuple(e for e in events if e.at < span)
    return spec.model_copy(update={"events": before, "duration": span, "output": (0.0, span)})


def _coolant(task: Task, ground: Ground, folder: Path) -> dict[str, Any]:
    assert ground.plant.liquid is not None, "coolant of a case without circuits"
    spec = cut(task.course.spec, task.course.spec.events, task.course.span)
    case = replace(ground.case, transient=spec)
    found = march_coolant(case, ground.plant.liquid, replace_exchange(ground.fine.x))
    write_arrays(folder / f"{task.name}.npz", coolant_arrays(found))
    return {"reason": found.reason, "warnings": list(found.warnings)}


KINDS: dict[str, Callable[[Task, Ground, Path], dict[str, Any]]] = {
    STEADY: _steady,
    MARCH: _march,
    COOLANT: _coolant,
}

OF_AIR = ("T_in", "T_in_max", "T_out", "m_flow", "rise")
OF_COOLANT = (
    *("times", "T_in", "T_hottest", "T_chip", "m_flow", "T_coil", "m_coil", "T_supply"),
    *("limits", "T_known", "m_wanted"),
)
NAMES = ("racks", "coils", "circuits")


def write_march(path: Path, found: Transient) -> None:
    """Write the series of a march."""
    arrays: dict[str, Any] = {f"air_{name}": found.columns[name] for name in OF_AIR}
    arrays |= {"air_times": found.times, "air_devices": np.array(found.devices)}
    arrays |= {"air_steps": found.steps, "air_errors": found.errors}
    if found.coolant is not None:
        arrays |= coolant_arrays(found.coolant)
    write_arrays(path, arrays)


def coolant_arrays(found: CoolantMarch) -> dict[str, Any]:
    """Series of coolant by name."""
    arrays: dict[str, Any] = {f"coolant_{name}": getattr(found, name) for name in OF_COOLANT}
    return arrays | {f"coolant_{name}": np.array(getattr(found, name)) for name in NAMES}


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write arrays, complete or not at all."""
    with aside(path) as part, part.open("wb") as file:
        np.savez(file, **arrays)


def read_arrays(task: Task, folder: Path) -> dict[str, Values]:
    """Series that a task has written; none where it could not be solved."""
    path = folder / f"{task.name}.npz"
    if not path.is_file():
        return {}
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def left_to_do(tasks: Sequence[Task], folder: Path) -> list[Task]:
    """Tasks without a result, each once."""
    by_name = {task.name: task for task in tasks}
    return [task for task in by_name.values() if not done(task, folder)]

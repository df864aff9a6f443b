"""The air of many failures as one batch on the device: for GPUs, which solve several at once."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rehall.redundancy.ground import Ground
from rehall.redundancy.tasks import STEADY, Task, agreement, beginning, done, settings_of, written
from rehall.results import write_text
from rehall.simulate import Asked, couple_states
from thermal.air.settling import AirSolution
from thermal.air.solve import solve_steady_states

SHARE = 0.5
"""Share of the device's free memory that a batch may take [-]."""
BYTES_PER_CELL = 1200.0
"""Peak memory of a state per cell, float32 (see rehall.models) [B]."""
UNKNOWN = 8
"""States in a batch where the device does not tell its memory."""


def solve_batched(tasks: Sequence[Task], ground: Ground, folder: Path) -> list[Task]:
    """Solve those tasks that batch, as many at once as memory holds; give the others back.

    Steady states on one grid batch; those with other holes in the shell have another model, and
    marches go at their own pace.
    """
    together = [t for t in tasks if t.kind == STEADY and not t.course.baffles]
    for grid in dict.fromkeys(task.grid for task in together):
        on = ground.grids[grid]
        here = [task for task in together if task.grid == grid]
        size = batch_size(on.level.grid.cells, ground.case.solver.precision == "float64")
        for first in range(0, len(here), size):
            with suppress(Exception):  # what is not solved together is tried alone
                solve_together(here[first : first + size], ground, folder)
    return [task for task in tasks if not done(task, folder)]


def solve_together(tasks: Sequence[Task], ground: Ground, folder: Path) -> None:
    """Solve steady states of one grid as one batch, and write what they have found."""
    on = ground.grids[tasks[0].grid]
    states, starts = zip(*(beginning(task, ground, folder) for task in tasks), strict=True)
    settings = settings_of(ground.case, tasks[0])

    def solve(asked: Sequence[Asked]) -> list[AirSolution]:
        inputs, begun = zip(*asked, strict=True)
        return solve_steady_states(on.level.model, inputs, on.level.streams, begun, settings)

    given = [(state.case, state.plant, state.x) for state in states]
    found = couple_states(given, on.level, starts, solve, agreement(tasks[0].grid))
    for task, solution in zip(tasks, found, strict=True):
        write_text(folder / f"{task.name}.json", json.dumps(written(task, folder, solution)))


def batch_size(cells: int, double: bool) -> int:
    """How many states the device holds at once, in single or `double` precision."""
    import jax

    stats = jax.devices()[0].memory_stats() or {}
    free = stats.get("bytes_limit", 0) - stats.get("bytes_in_use", 0)
    each = BYTES_PER_CELL * cells * (2 if double else 1)
    return max(1, int(SHARE * free / each)) if free > 0 else UNKNOWN

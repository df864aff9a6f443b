"""How far the highest inlets of marches with long steps are from those with short ones.

    python -P validation/march_steps.py STUDY [SPAN] [GRID]

STUDY is the folder of a study of failures of configs/ai_hall.yaml, whose normal state is used;
SPAN [s] is how long each is marched (60), GRID is coarse or fine. Prints a row a state and a
Courant number: largest and root mean square of the difference to the first one over all inlets
[K], how much later or earlier an inlet passes its limit at most [s], and steps over those of it.
"""

import csv
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

CASE = Path(__file__).parents[1] / "configs" / "ai_hall.yaml"
STATES = (
    "FW1 fans stop",
    "FW3 without water",
    "door of hot aisle 2 open",
    "chw lost",
)
COURANT = (0.5, 2.0, 8.0)
LIMIT = 273.15 + 27.0


def main(study: str, span: float, grid: str) -> None:
    """March every state with every Courant number."""
    from rehall.config import load
    from rehall.redundancy.airs import Normal
    from rehall.redundancy.chosen import chosen
    from rehall.redundancy.ground import WORK, read_ground
    from rehall.redundancy.outages import outages
    from rehall.redundancy.study import courses_of
    from rehall.runtime import prepare

    prepare()
    ground = read_ground(load(CASE), None, Path(study) / WORK)
    side = ground.plant.side
    states = chosen(ground.case, side, outages(ground.case, side), STATES, (), False)
    courses = courses_of(ground, Normal.of(ground), states)
    table = csv.writer(sys.stdout)
    table.writerow(("state", "courant", "largest K", "rms K", "limits apart s", "steps over first"))
    for state, course in zip(states, courses, strict=True):
        first = None
        for courant in COURANT:
            t, T = marched(ground, course, grid, span, courant)
            if first is None:
                first = t, T
            table.writerow((state.name, courant, *compared(*first, t, T)))
            sys.stdout.flush()


def marched(ground, course, grid: str, span: float, courant: float):
    """Times [s] and highest inlets of servers [K] of a march."""
    from rehall.redundancy.ground import replace_exchange
    from rehall.redundancy.prepared import air_view, level_with
    from rehall.redundancy.tasks import cut
    from rehall.schema.entries import SERVERS
    from rehall.transient import march_case

    on, events = ground.grids[grid], air_view(ground.case, course)[0]
    case = replace(ground.case, transient=cut(course.spec, events, span))
    level = level_with(case, on.level, course.baffles)
    steady = replace_exchange(on.x), on.air.work, on.air.m_flow
    with tempfile.TemporaryDirectory() as folder:
        found = march_case(case, level, steady, Path(folder), courant=courant, settled_on=on.level)
    servers = {item.name for item in case.items if isinstance(item.entry, SERVERS)}
    of = [n for n, name in enumerate(found.devices) if name in servers]
    return found.times, found.columns["T_in_max"][:, of]


def compared(t, T, other_t, other):
    """Of the second march against the first, as the rows say."""
    from rehall.crossing import crossing

    there = np.stack([np.interp(t, other_t, column) for column in other.T], axis=1)
    apart = np.abs(there - T)
    pairs = [
        (crossing(t, T[:, n], LIMIT), crossing(other_t, other[:, n], LIMIT))
        for n in range(T.shape[1])
    ]
    late = max((abs(a - b) for a, b in pairs if a is not None and b is not None), default=0.0)
    rms = float(np.sqrt(np.mean(apart**2)))
    return (
        *(round(x, 3) for x in (float(apart.max()), rms, late)),
        round(len(other_t) / len(t), 3),
    )


if __name__ == "__main__":
    main(sys.argv[1], *(float(x) for x in sys.argv[2:3] or ("60",)), *(sys.argv[3:] or ("coarse",)))

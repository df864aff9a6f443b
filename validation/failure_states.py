"""All single failures of the AI hall settled as one batch, and one by one: liquid and power.

    python validation/failure_states.py

Prints a row a figure. Air is left out: what is solved of it hangs on what breaks.
"""

import csv
import sys
import time
from pathlib import Path

from power.study import NORMAL
from power.study import study as chain_study
from rehall.config import load
from rehall.redundancy.chosen import chosen
from rehall.redundancy.course import chains_of, course
from rehall.redundancy.ground import FINE, Ground, OnGrid
from rehall.redundancy.outages import outages
from rehall.redundancy.prepared import prepared
from rehall.runtime import prepare
from rehall.utilities import Plant, first_exchange, settle, settle_states

CASE = Path(__file__).parents[1] / "configs" / "ai_hall.yaml"
ALONE = 12
"""States that are settled one by one, for the time of all of them."""


def main() -> None:
    """Time both ways, compiled before."""
    prepare()
    case = load(CASE)
    plant, x = Plant.of(case), first_exchange(case)
    powers = settle(case, plant, x).powers
    side = plant.side
    assert side is not None, "a hall without a power chain"
    states = chosen(case, side, outages(case, side))
    rows = {NORMAL: 0}
    for state in states:
        for _, failure in chains_of(state.parts):
            rows.setdefault(failure, len(rows))
    began = time.perf_counter()
    found = chain_study(side.model, side.in_order(powers), list(rows))
    courses = [course(case, state.parts, found, rows, 60.0) for state in states]
    chain = time.perf_counter() - began
    ground = Ground(case, plant, {FINE: OnGrid(None, None, x)})  # type: ignore[arg-type]

    def batch(part: int | None = None) -> float:
        given = [prepared(ground, one, x) for one in courses[:part]]
        start = time.perf_counter()
        settle_states([(one.case, one.plant, one.x) for one in given])
        return time.perf_counter() - start

    def alone() -> float:
        start = time.perf_counter()
        for one in courses[:ALONE]:
            state = prepared(ground, one, x)
            settle_states([(state.case, state.plant, state.x)])
        return (time.perf_counter() - start) * len(courses) / ALONE

    batch(), alone()
    together, apart = batch(), alone()
    table = csv.writer(sys.stdout)
    told = f"{len(courses)} failures of ai_hall"
    table.writerow((f"{told}, chain and what follows [s]", f"{chain:.3f}"))
    table.writerow((f"{told}, liquid and power as a batch [s]", f"{together:.3f}"))
    table.writerow((f"{told}, liquid and power, one by one over a batch [-]", apart / together))


if __name__ == "__main__":
    main()

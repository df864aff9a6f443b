"""How far servers throttle so that their chips hold their limit in what is left of the coolant."""

import numpy as np

from rehall.chips import chips_of
from rehall.simulate import Solution


def throttled(solution: Solution) -> dict[str, float]:
    """Power that the servers of a state give up [W], by name; none where all chips hold.

    On the flow that it has, a chip is above its coolant in proportion to its power. As the coolant
    gets no warmer with less heat, that is the most that is given up; of a rack without flow, or
    whose coolant is as warm as its chips may be, all of it.
    """
    found = {}
    items = {item.name: item for item in solution.case.items}
    for loop, state in solution.loops.values():
        T_in = dict(zip((item.name for item in loop.racks), state.T_branch_in, strict=True))
        for name, chip in chips_of(loop, state).items():
            power = items[name].power
            if power <= 0.0 or chip.T_max >= chip.T:
                continue
            room, rise = chip.T_max - float(T_in[name]), chip.T - float(T_in[name])
            kept = np.clip(room / rise, 0.0, 1.0) if np.isfinite(rise) and rise > 0.0 else 0.0
            found[name] = float((1.0 - kept) * power)
    return found

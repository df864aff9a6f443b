"""How long each battery carries after a failure, one after the other becoming empty."""

from math import inf

import numpy as np

from power.backup import usable_energy
from power.nodes import Battery, Ups
from power.solve import PowerState, solve_states
from power.states import Moment
from power.study import Study

MILLISECONDS = 3
"""Times are told to so many digits of a second."""


def seconds_carried(found: Study, failure: int, back: dict[int, float]) -> dict[int, float]:
    """How long the battery of each UPS can carry in all after a failure [s].

    A battery gives what its UPS does and loses; `back` is when each UPS is fed again [s]. One that
    is empty before hands its loads on to others that they hang on, which then give more. What
    generators take over meanwhile is not counted, so that batteries last no longer than told.
    Where no voltage carries the loads, batteries do not either.
    """
    row = found.by_moment(failure).get(Moment.BATTERY)
    if row is None:
        return {}
    model, states, state = found.model, found.states.at(row), found.state.at(row)
    left = {p: usable_energy(bank) for p, bank in _batteries(found, row).items()}
    time, carried = 0.0, dict.fromkeys(left, 0.0)
    while True:
        lasts = {p: _lasts(state, p, energy) for p, energy in left.items()}
        alone = [p for p in left if state.on_battery[p] and back.get(p, inf) > time]
        ends = [lasts[p] for p in alone if time + lasts[p] < back.get(p, inf)]
        step = min(ends, default=inf)
        if step == inf:
            return carried | {p: carried[p] + lasts[p] for p in left}
        for p in alone:
            carried[p] += step
            left[p] *= 1.0 - step / lasts[p] if lasts[p] > 0 else 0.0
        empty = [p for p in alone if round(lasts[p] - step, MILLISECONDS) <= 0]
        states.units[0, empty] = 0.0
        left = {p: energy for p, energy in left.items() if p not in empty}
        time += step
        state = solve_states(model, found.wanted_in(failure), states).at(0)


def _batteries(found: Study, row: int) -> dict[int, Battery]:
    """The batteries that can carry in a state, by the places of their UPS."""
    units, bypassed = found.states.units[row], found.states.bypassed[row]
    return {
        place: node.battery
        for place, node in enumerate(found.model.nodes)
        if isinstance(node, Ups) and node.battery and units[place] > 0 and not bypassed[place]
    }


def _lasts(state: PowerState, place: int, energy: float) -> float:
    """How long a battery with `energy` [J] left carries its UPS in one state [s]."""
    if not state.converged:
        return 0.0
    power = float(state.power[place] + state.losses[place])
    return energy / power if power > 0 else np.inf

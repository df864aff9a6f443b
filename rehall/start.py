"""Where every steady solve starts: still air, each room at the temperature of what it is given."""

import equinox as eqx
import numpy as np

from rehall.config import Case
from rehall.models import AirLevel
from rehall.operation import entering_temperature, first_supply
from rehall.schema.entries import CoolingUnit
from thermal.air.state import Work, at_rest
from thermal.arrays import on_device

ROOM = 295.15
"""Air that nothing cools and nothing reaches [K]."""


def at_start(case: Case, level: AirLevel) -> Work:
    """Still air; every body of air at the mean set point of its cooling units, supplies, openings.

    One documented start: a hall may have several steady states, and a room that has to cool down
    by many kelvins first would take most of the iterations.
    """
    given = given_temperatures(case, level)
    everywhere = [T for found in given.values() for T in found]
    elsewhere = float(np.mean(everywhere)) if everywhere else ROOM
    region = level.voxels.region
    T = np.full(region.shape, elsewhere)
    for number, found in given.items():
        T[region == number] = np.mean(found)
    model = level.model
    above = np.pad(T - float(model.T_ref), [(0, 1)] * 3) * np.asarray(model.fluid)
    rest = at_rest(model, elsewhere)
    return eqx.tree_at(lambda work: work.T, rest, on_device(above, model.fluid.dtype))


def given_temperatures(case: Case, level: AirLevel) -> dict[int, list[float]]:
    """Temperatures of the air that each body of air is given [K], by its number."""
    found: dict[int, list[float]] = {}
    voxels = level.voxels
    cooling = [i for i in case.items if isinstance(i.entry, CoolingUnit) and i.on]
    units = [(voxels.discharges[i.name], first_supply(i)) for i in cooling]
    shell = [
        (voxels.openings[o.name], o.temperature or entering_temperature(case, o))
        for o in case.openings
        if o.kind != "exhaust"
    ]
    for patch, T in (*units, *shell):
        for number in np.unique(voxels.region[tuple(patch.cells.T)]):
            found.setdefault(int(number), []).append(float(T))
    return found

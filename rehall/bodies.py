"""Bodies of air: rooms, plenums and enclosed aisles, between which only equipment moves air."""

from collections.abc import Iterable

import jax.numpy as jnp
import numpy as np

from geometry.voxels import Patch
from rehall.config import Case
from rehall.layout import moves_air
from rehall.models import AirLevel
from rehall.operation import entering_temperature
from thermal.air.settling import AirSolution
from thermal.properties import air_density


def body_at(level: AirLevel, patch: Patch) -> int:
    """Number of the body of air at most of a patch."""
    regions = level.voxels.region[tuple(patch.cells.T)]
    bodies, at = np.unique(regions, return_inverse=True)
    return int(bodies[np.argmax(np.bincount(at, weights=patch.area))])


def entering(case: Case, level: AirLevel, air: AirSolution) -> dict[str, float]:
    """Mass flow of what enters through each opening [kg/s], whatever leaves beside it."""
    state, pressure = air.state, float(level.model.pressure)
    found = {}
    for opening in case.openings:
        patch = level.voxels.openings[opening.name]
        if opening.kind == "outdoor":
            velocity = (state.u, state.v, state.w)[patch.axis][tuple(patch.faces.T)] * patch.sign
            rho = float(air_density(jnp.asarray(entering_temperature(case, opening)), pressure))
            found[opening.name] = rho * float(np.sum(np.maximum(velocity, 0.0) * patch.area))
        else:
            through = float(air.m_flow[level.streams.of(opening.name)].sum())
            found[opening.name] = max(through if opening.kind == "supply" else -through, 0.0)
    return found


def passing(case: Case, level: AirLevel, air: AirSolution) -> dict[str, tuple[int, int, float]]:
    """From which body of air to which each piece of equipment moves how much [kg/s]."""
    found = {}
    for item in case.items:
        if moves_air(item):
            flow = float(air.m_flow[level.streams.of(item.name)].sum())
            sides = (level.voxels.intakes[item.name], level.voxels.discharges[item.name])
            of, to = (body_at(level, side) for side in (sides if flow >= 0 else sides[::-1]))
            found[item.name] = (of, to, abs(flow))
    return found


def reached(starts: Iterable[int], passed: Iterable[tuple[int, int, float]]) -> set[int]:
    """Bodies that the air of some others reaches, with those.

    >>> sorted(reached({0}, [(1, 2, 0.5), (0, 1, 0.5), (3, 0, 0.1), (0, 4, 0.0)]))
    [0, 1, 2]
    """
    found, moves = set(starts), list(passed)
    while True:
        more = {to for of, to, flow in moves if of in found and flow > 0} - found
        if not more:
            return found
        found |= more

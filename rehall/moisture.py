"""Moisture of the hall's air: what enters, well mixed in every body of air.

Bodies of air that no outdoor air reaches have an unknown moisture: nothing here tells it.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from geometry.voxels import Patch
from rehall.config import Case
from rehall.layout import Item, moves_air
from rehall.operation import entering_temperature
from rehall.shell import OpeningItem
from rehall.simulate import Solution
from thermal.properties import (
    air_density,
    dew_point,
    humidity_ratio,
    humidity_ratio_at_wet_bulb,
    pressure_at_altitude,
    saturation_pressure,
    vapour_pressure,
)

CLASS_LIMITS = {"A1": (17.0, 80.0), "A2": (21.0, 80.0), "A3": (24.0, 85.0), "A4": (24.0, 90.0)}
"""Highest dew point [degC] and relative humidity [%] of the air that IT equipment takes in."""
LOWEST = (-12.0, 8.0)
"""Dew point [degC] and relative humidity [%] that no class goes below. Both: ASHRAE TC 9.9,
thermal guidelines, 5th edition (2021), allowable ranges."""


@dataclass(frozen=True)
class Humidity:
    """Moisture of air: dew point [K], relative humidity [-]."""

    dew_point: float
    relative: float


@dataclass(frozen=True, eq=False)
class Moisture:
    """Humidity ratio [-] of the bodies of air that outdoor air reaches, by their number."""

    ratio: dict[int, float]
    pressure: float

    @property
    def dew_point(self) -> float | None:
        """Dew point of the moistest body of air [K]; None where none is known."""
        return self.at(max(self.ratio.values()), 293.15).dew_point if self.ratio else None

    def at(self, ratio: float, T: float) -> Humidity:
        """Dew point and relative humidity of air of a humidity ratio at T [K]."""
        vapour = vapour_pressure(jnp.asarray(ratio), self.pressure)
        saturated = float(saturation_pressure(jnp.asarray(T)))
        return Humidity(float(dew_point(vapour)), float(vapour) / saturated)

    def taken_in(self, solution: Solution, item: Item, T: float) -> Humidity | None:
        """Humidity of the air that a piece of equipment takes in at T [K]; None if not known."""
        flow = solution.air.m_flow[solution.level.streams.of(item.name)].sum()
        voxels = solution.level.voxels
        patch = (voxels.discharges if flow < 0 else voxels.intakes)[item.name]
        ratio = self.ratio.get(_body(solution, patch))
        return None if ratio is None else self.at(ratio, T)


def entering_ratio(case: Case, opening: OpeningItem) -> float:
    """Humidity ratio of the air that enters an opening [-].

    Outdoor air; over a wet pad it keeps its wet bulb and takes up water (ASHRAE Fundamentals,
    chapter 1: adiabatic saturation). A supply's is outdoor air, dried where it was cooled below
    its dew point.
    """
    outdoor, p = case.site.outdoor, float(pressure_at_altitude(case.site.altitude))
    wet = jnp.asarray(outdoor.wet_bulb)
    if opening.kind == "supply":
        T = jnp.asarray(opening.temperature or outdoor.dry_bulb)
        saturated = float(humidity_ratio(saturation_pressure(T), p))
        dry = jnp.asarray(outdoor.dry_bulb)
        return min(float(humidity_ratio_at_wet_bulb(dry, wet, p)), saturated)
    T = jnp.asarray(entering_temperature(case, opening))
    return float(humidity_ratio_at_wet_bulb(T, wet, p))


def moisture(solution: Solution) -> Moisture:
    """Humidity ratio of every body of air from the moisture that enters and leaves it.

    (sum of m in) w = sum of m in from outdoors w_entering + sum of m from other bodies w_other
    """
    given, passed = _entering(solution), _passing(solution)
    aired = {body for body, flow, _ in given if flow > 0}
    while True:
        reached = {to for of, to, flow in passed if of in aired and flow > 0} - aired
        if not reached:
            break
        aired |= reached
    number = {body: n for n, body in enumerate(sorted(aired))}
    matrix, right = np.zeros((len(number), len(number))), np.zeros(len(number))
    for body, flow, ratio in given:
        if flow > 0:
            matrix[number[body], number[body]] += flow
            right[number[body]] += flow * ratio
    for of, to, flow in passed:
        if of in number and to in number and of != to:
            matrix[number[to], number[to]] += flow
            matrix[number[to], number[of]] -= flow
    found = np.linalg.solve(matrix, right) if number else right
    ratios = {body: float(found[n]) for body, n in number.items()}
    return Moisture(ratios, float(solution.level.model.pressure))


def _body(solution: Solution, patch: Patch) -> int:
    """Number of the body of air at most of a patch."""
    regions = solution.level.voxels.region[tuple(patch.cells.T)]
    bodies, at = np.unique(regions, return_inverse=True)
    return int(bodies[np.argmax(np.bincount(at, weights=patch.area))])


def _entering(solution: Solution) -> list[tuple[int, float, float]]:
    """Body of air, mass flow [kg/s] and humidity ratio of what enters through each opening."""
    case, state = solution.case, solution.air.state
    pressure, found = float(solution.level.model.pressure), []
    for opening in case.openings:
        patch = solution.level.voxels.openings[opening.name]
        if opening.kind == "outdoor":
            velocity = (state.u, state.v, state.w)[patch.axis][tuple(patch.faces.T)] * patch.sign
            T = jnp.asarray(entering_temperature(case, opening))
            rho = float(air_density(T, pressure))
            flow = rho * float(np.sum(np.maximum(velocity, 0.0) * patch.area))
        else:
            through = float(solution.air.m_flow[solution.level.streams.of(opening.name)].sum())
            flow = max(through if opening.kind == "supply" else -through, 0.0)
        found.append((_body(solution, patch), flow, entering_ratio(case, opening)))
    return found


def _passing(solution: Solution) -> list[tuple[int, int, float]]:
    """From which body of air to which equipment moves how much [kg/s]."""
    voxels, found = solution.level.voxels, []
    for item in solution.case.items:
        if moves_air(item):
            flow = float(solution.air.m_flow[solution.level.streams.of(item.name)].sum())
            ends = [
                _body(solution, side[item.name]) for side in (voxels.intakes, voxels.discharges)
            ]
            of, to = ends if flow >= 0 else ends[::-1]
            found.append((of, to, abs(flow)))
    return found

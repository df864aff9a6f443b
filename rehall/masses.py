"""What stores heat in a transient: servers, coils and the layers of walls.

Servers without a thermal mass of their own get an assumed one, and the results say so.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from geometry.hall import FACES
from rehall.config import Case
from rehall.layout import Item, moves_air
from rehall.models import AirLevel
from rehall.operation import NO_RESISTANCE
from rehall.schema.entries import SERVERS, CoolingUnit, MinerShelf
from rehall.schema.hall import Wall
from thermal.air.inputs import AirInputs, Bodies, Layers
from thermal.arrays import on_device

MASS_HEAT = 400.0
"""Heat that equipment stores per kelvin and kilogram [J/kg/K]: a server of 2 units, measured at
12 kJ/K (Ibrahim et al.: thermal mass characterization of a server at different fan speeds), of
30 kg (assumed)."""
GRIP = 2.0
"""Assumed conductance between servers and their air over the air's capacity rate [-]: air leaves
within 1/e^2, 14 %, of the parts' temperature."""
FIRST_TIME = 30.0
"""Time in which heat crosses the first, thinnest slice of a wall [s]."""
SLOWER = 2.5
"""Ratio of these times from one slice to the next [-]."""


class Mass(NamedTuple):
    """Thermal mass of a piece [J/K], its conductance to the air [W/K], and whether assumed."""

    capacity: float
    conductance: float
    assumed: bool


def mass_of(item: Item, capacity_rate: float) -> Mass:
    """Thermal mass of a server for the capacity rate of its air [W/K]; none of anything else.

    Where it is not given: what air reaches, that is the share of the heat that air takes, of the
    weight. The rest is taken to stay with the coolant.
    """
    entry = item.entry
    if not isinstance(entry, SERVERS):
        return Mass(0.0, 0.0, False)
    given, conductance = entry.thermal_mass, entry.thermal_conductance
    capacity = given
    if capacity is None:
        weight = entry.weight or 0.0
        if isinstance(entry, MinerShelf):
            weight = entry.miners * (entry.of.weight or 0.0)
        capacity = MASS_HEAT * (1.0 - entry.liquid_fraction) * weight
    assumed = given is None or conductance is None
    return Mass(capacity, conductance or GRIP * capacity_rate, assumed and capacity > 0)


def with_masses(
    case: Case, level: AirLevel, inputs: AirInputs, m_flow: np.ndarray
) -> tuple[AirInputs, list[str]]:
    """The inputs with what stores heat, and the assumptions that were made.

    `m_flow` [kg/s] of the streams is that of the normal state.
    """
    n = len(level.streams.name)
    capacity, conductance, coil = (np.zeros(n) for _ in range(3))
    assumed: dict[str, str] = {}
    for item in case.items:
        at = level.streams.of(item.name)
        if not moves_air(item) or not len(at):
            continue
        share = level.streams.share[at]
        if isinstance(item.entry, CoolingUnit):
            coil[at] = share * item.entry.thermal_mass
            continue
        mass = mass_of(item, float(np.abs(m_flow[at]).sum()) * float(level.model.cp))
        if mass.conductance > 0:
            capacity[at], conductance[at] = share * mass.capacity, share * mass.conductance
        if mass.assumed:
            name = item.entry.name
            assumed[name] = (
                f"{name}: {mass.capacity / 1e3:.3g} kJ/K behind {mass.conductance:.3g} W/K"
            )
    dtype = level.model.T_ref.dtype
    bodies = Bodies(*(on_device(x, dtype) for x in (capacity, conductance, coil)))
    found = inputs if not (capacity.any() or coil.any()) else replace(inputs, bodies=bodies)
    return with_layers(case, level, found), list(assumed.values())


def with_layers(case: Case, level: AirLevel, inputs: AirInputs) -> AirInputs:
    """The inputs with the layers of the walls, and behind them what is left of the U-value."""
    walls = [case.hall.walls.on(face) for face in FACES]
    slices, most = [slices_of(wall) for wall in walls], most_slices(case)
    if most == 0:
        return inputs
    sides = len(FACES) + len(level.hall.blocks)
    resistance, capacity = np.full((sides, most), 1.0 / NO_RESISTANCE), np.zeros((sides, most))
    U = np.asarray(inputs.U_wall, float).copy()
    for side, (wall, found) in enumerate(zip(walls, slices, strict=True)):
        if wall is None or not found:
            continue
        resistance[side, : len(found)] = [half for half, _ in found]
        capacity[side, : len(found)] = [stored for _, stored in found]
        if wall.u_value is not None:
            U[side] = 1.0 / (1.0 / wall.behind_the_film - wall.resistance)
        elif wall.temperature is not None:
            U[side] = NO_RESISTANCE
    dtype = level.model.T_ref.dtype
    layers = Layers(on_device(resistance, dtype), on_device(capacity, dtype))
    return replace(inputs, layers=layers, U_wall=on_device(U, dtype))


def most_slices(case: Case) -> int:
    """Slices of the wall that has most of them."""
    return max(len(slices_of(case.hall.walls.on(face))) for face in FACES)


def slices_of(wall: Wall | None) -> list[tuple[float, float]]:
    """Slices of a wall from the air outwards: half their resistance [m2 K/W], and [J/m2/K].

    Heat crosses a slice of thickness d in d^2 rho c / k; slices grow from the air outwards, as
    what happens outside is seen later and less sharply.
    """
    found: list[tuple[float, float]] = []
    time = FIRST_TIME
    for layer in wall.layers if wall else ():
        stored = layer.density * layer.heat_capacity
        diffusivity = layer.conductivity / stored
        left = layer.thickness
        while left > 0.0:
            d = math.sqrt(diffusivity * time)
            d = left if left < 1.5 * d else d
            found.append((0.5 * d / layer.conductivity, d * stored))
            left, time = left - d, SLOWER * time
            if left < 1e-9 * layer.thickness:
                break
    return found

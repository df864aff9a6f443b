"""Chillers, air- and water-cooled: capacity and power against temperatures and load.

The form of DOE-2 and of EnergyPlus's Chiller:Electric:EIR (Hydeman and Gillespie 2002, ASHRAE
Transactions 108(1)): biquadratics of leaving chilled water x and of what enters the condenser y,
air or water, both in degC as curve sets are published:

    capacity = capacity_rated f(x, y),   power = capacity / COP_rated g(x, y) e(load)

f, g and e are one at the rated point, whatever constant the set was published with.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from thermal.coolants import ZERO_CELSIUS
from thermal.plant.machines import Rejection, Scalar, together, volumetric_heat


@dataclass(frozen=True)
class Surface:
    """a + b x + c x^2 + d y + e y^2 + f x y; beyond its ranges [K] it keeps its edge."""

    terms: tuple[float, float, float, float, float, float]  # of x, y in degC
    leaving: tuple[float, float]  # range of x [K]
    entering: tuple[float, float]  # range of y [K]

    def at(self, T_leaving: Scalar, T_entering: Scalar) -> Float[Array, "..."]:
        """Value [-]."""
        a, b, c, d, e, f = self.terms
        x = jnp.clip(jnp.asarray(T_leaving), *self.leaving) - ZERO_CELSIUS
        y = jnp.clip(jnp.asarray(T_entering), *self.entering) - ZERO_CELSIUS
        return a + b * x + c * x**2 + d * y + e * y**2 + f * x * y


@dataclass(frozen=True)
class Curves:
    """A published curve set: capacity and energy input ratio by temperatures, power by load."""

    capacity: Surface
    energy_input: Surface
    part_load: tuple[float, ...]  # lowest power of the load first
    load_least: float  # below it the machine cycles [-]

    def power_at(self, load: Array) -> Float[Array, "..."]:
        """Power over that at full load [-]; proportional to the load where the machine cycles."""
        held = jnp.clip(load, self.load_least, 1.0)
        cycling = jnp.minimum(load / self.load_least, 1.0)
        return cycling * _polynomial(self.part_load, held) / sum(self.part_load)


@dataclass(frozen=True)
class Chiller:
    """A chiller by its rated point and the curves of one like it.

    `cop_per_kelvin` is the relative gain of COP for each kelvin of leaving water beyond the
    curves' range, on the warm side; a loss on the cold side.
    """

    name: str
    capacity: float  # [W]
    cop: float  # heat from the water over electrical power, fans included [-]
    T_leaving: float  # chilled water at rating [K]
    T_entering: float  # air or water that enters the condenser at rating [K]
    curves: Curves
    cop_per_kelvin: float = 0.0  # [1/K]
    water_cooled: bool = False


class Range:
    """Names of the ways in which a chiller is used beyond what is known of it."""

    COLD, WARM, LEAVING = "condenser too cold", "condenser too warm", "leaving water"


def available(machine: Chiller, T_leaving: Scalar, T_entering: Scalar) -> Float[Array, "..."]:
    """Most heat [W] that the machine takes from water it cools to T_leaving [K]."""
    surface = machine.curves.capacity
    rated = surface.at(machine.T_leaving, machine.T_entering)
    return machine.capacity * jnp.maximum(surface.at(T_leaving, T_entering) / rated, 0.0)


def energy_input(machine: Chiller, T_leaving: Scalar, T_entering: Scalar) -> Float[Array, "..."]:
    """Power over heat at full load [-]."""
    surface = machine.curves.energy_input
    rated = surface.at(machine.T_leaving, machine.T_entering)
    kelvins = _beyond(machine, T_leaving) - _beyond(machine, machine.T_leaving)
    gain = (1.0 + machine.cop_per_kelvin) ** kelvins
    return surface.at(T_leaving, T_entering) / rated / machine.cop / gain


def _beyond(machine: Chiller, T_leaving: Scalar) -> Float[Array, "..."]:
    """Kelvin by which leaving water is beyond the curves' range, positive when warmer."""
    T = jnp.asarray(T_leaving)
    return T - jnp.clip(T, *machine.curves.energy_input.leaving)


def chiller(
    machine: Chiller,
    heat: Scalar,
    T_entering: Scalar,
    V_flow: Scalar,
    T_set: Scalar,
    liquid: str = "water",
) -> Rejection:
    """Liquid leaving a chiller that is asked for `heat` [W] at T_set [K].

    What it cannot carry is `shortage`, and the liquid leaves warmer by shortage / (m_flow cp). Its
    condenser gives off heat - shortage + power.
    """
    heat, T_entering, V_flow, T_set = together(heat, T_entering, V_flow, T_set)
    most = available(machine, T_set, T_entering)
    carried = jnp.minimum(heat, most)
    load = carried / jnp.maximum(most, 1.0)
    power = most * energy_input(machine, T_set, T_entering) * machine.curves.power_at(load)
    C_liquid = V_flow * volumetric_heat(liquid)
    rise = jnp.where(
        C_liquid > 0.0, (heat - carried) / jnp.where(C_liquid > 0.0, C_liquid, 1.0), 0.0
    )
    return Rejection(T_set + rise, power, load, heat - carried, jnp.zeros_like(heat))


def outside(
    machine: Chiller, T_leaving: Scalar, T_entering: Scalar
) -> dict[str, Bool[Array, "..."]]:
    """Where a machine is used beyond its curves, which keep their edge there, by names of `Range`.

    Leaving water between the curves and the rated point is known by `cop_per_kelvin`.
    """
    T_leaving, T_entering = together(T_leaving, T_entering)
    coldest, warmest = machine.curves.energy_input.leaving
    known = min(coldest, machine.T_leaving), max(warmest, machine.T_leaving)
    low, high = machine.curves.energy_input.entering
    return {
        Range.COLD: T_entering < low,
        Range.WARM: T_entering > high,
        Range.LEAVING: (T_leaving < known[0]) | (T_leaving > known[1]),
    }


def _polynomial(terms: tuple[float, ...], x: Array) -> Float[Array, "..."]:
    value = jnp.full_like(x, terms[-1])
    for term in terms[-2::-1]:
        value = value * x + term
    return value

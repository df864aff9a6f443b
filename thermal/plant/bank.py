"""Equal machines in parallel: how many run, and what they do together.

A bank has `count` machines, of which `spare` stand by: they take over from machines that fail and
do not help in hot hours. `parallel` runs all others at part speed, which the cube law of fans makes
the cheapest; `as_needed` runs as few as hold the set point, as chillers are run, whose power does
not fall so fast with their load.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from thermal.plant import chiller as chillers
from thermal.plant import drycooler, tower
from thermal.plant.chiller import Chiller
from thermal.plant.drycooler import AdiabaticCooler, DryCooler
from thermal.plant.halving import least_count
from thermal.plant.machines import Rejection, together
from thermal.plant.outdoor import Outdoor
from thermal.plant.tower import CoolingTower

Cooler = DryCooler | AdiabaticCooler | CoolingTower
Staging = Literal["parallel", "as_needed"]
COLDEST_WATER = 200.0  # a set point out of reach, so that fans run at full speed [K]


@dataclass(frozen=True)
class Coolers:
    """A bank of coolers on one loop of liquid."""

    machine: Cooler
    count: int
    spare: int = 0
    staging: Staging = "parallel"


@dataclass(frozen=True)
class Chillers:
    """A bank of chillers on one loop of water."""

    machine: Chiller
    count: int
    spare: int = 0
    staging: Staging = "as_needed"


def on_duty(bank: Coolers | Chillers, failed: Array) -> Float[Array, "..."]:
    """Machines that may run: spares replace failed ones, as long as there are any."""
    return jnp.clip(bank.count - failed, 0.0, bank.count - bank.spare)


def cooler(
    machine: Cooler, heat: Array, outdoor: Outdoor, V_flow: Array, T_set: Array
) -> Rejection:
    """One cooler of any kind."""
    match machine:
        case DryCooler():
            return drycooler.dry_cooler(machine, heat, outdoor.T_dry, V_flow, T_set)
        case AdiabaticCooler():
            return drycooler.adiabatic_cooler(machine, heat, outdoor, V_flow, T_set)
        case CoolingTower():
            return tower.cooling_tower(machine, heat, outdoor, V_flow, T_set)


def carries(
    bank: Coolers, heat: Array, outdoor: Outdoor, V_flow: Array, T: Array, running: Array
) -> Bool[Array, "..."]:
    """Whether so many coolers at full speed cool their liquid to T [K]; none carry no heat."""
    each, flow = _shares(heat, V_flow, running)
    machine = bank.machine
    if isinstance(machine, CoolingTower):
        able = tower.carries(machine, each, outdoor, flow, T)
    else:
        able = drycooler.carries(machine, each, outdoor, flow, T)
    return jnp.where(running > 0.0, able, heat <= 0.0)


@partial(jax.jit, static_argnames="bank")
def cool(
    bank: Coolers, heat: Array, outdoor: Outdoor, V_flow: Array, T_set: Array, duty: Array
) -> tuple[Rejection, Float[Array, "*shape"]]:
    """What a bank does with `heat` [W], and how many of the machines on duty run.

    Liquid flows through those that run only. Without a machine all heat is short.
    """
    heat, V_flow, T_set, duty, _ = together(heat, V_flow, T_set, duty, outdoor.T_dry)
    outdoor = outdoor.spread(heat.shape)
    running = duty
    if bank.staging == "as_needed":
        running = least_count(
            lambda n: carries(bank, heat, outdoor, V_flow, T_set, n), duty, bank.count
        )
    running = jnp.where(heat > 0.0, running, 0.0)
    each, flow = _shares(heat, V_flow, running)
    return _all(cooler(bank.machine, each, outdoor, flow, T_set), heat, T_set, running), running


@partial(jax.jit, static_argnames=("bank", "liquid"))
def chill(
    bank: Chillers,
    heat: Array,
    T_entering: Array,
    V_flow: Array,
    T_set: Array,
    duty: Array,
    liquid: str,
) -> tuple[Rejection, Float[Array, "*shape"]]:
    """What a bank of chillers does with `heat` [W] at T_set [K], and how many run."""
    heat, T_entering, V_flow, T_set, duty = together(heat, T_entering, V_flow, T_set, duty)
    running = duty
    if bank.staging == "as_needed":
        most = chillers.available(bank.machine, T_set, T_entering)
        running = jnp.minimum(jnp.ceil(heat / jnp.maximum(most, 1.0)), duty)
    running = jnp.where(heat > 0.0, running, 0.0)
    each, flow = _shares(heat, V_flow, running)
    state = chillers.chiller(bank.machine, each, T_entering, flow, T_set, liquid)
    return _all(state, heat, T_set, running), running


def _shares(heat: Array, V_flow: Array, running: Array) -> tuple[Array, Array]:
    """Heat [W] and flow [m3/s] of each machine that runs."""
    safe = jnp.maximum(running, 1.0)
    return jnp.where(running > 0.0, heat / safe, 0.0), V_flow / safe


def _all(one: Rejection, heat: Array, T_set: Array, running: Array) -> Rejection:
    """What so many machines do together, each as `one`."""
    some = running > 0.0
    return Rejection(
        T_leaving=jnp.where(some, one.T_leaving, T_set),
        power=running * one.power,
        speed=jnp.where(some, one.speed, 0.0),
        shortage=jnp.where(some, running * one.shortage, heat),
        water=running * one.water,
    )

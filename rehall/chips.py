"""Chips of liquid-cooled racks: how warm their cases get on the flow that they have."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from rehall.layout import Item
from rehall.liquid import LoopModel
from rehall.loop_state import LoopState
from rehall.schema.entries.plates import ColdPlates
from rehall.verdict import Limit
from thermal.liquid.plates import chip_power, plates_of, resistance
from thermal.properties import fluid

ZERO = 273.15
STILL = 1e-3
"""Share of the least flow of a table below which a plate counts as without flow [-]."""
RUNS_AWAY = 99.0
"""Gain of leakage beyond which nothing ends [%]."""


@dataclass(frozen=True)
class Chip:
    """The hottest chips of a rack: case temperature and its limit [K], power of one [W],
    resistance from its coolant [K/W], and what leakage adds to the rack's power [W].

    `gain` is what a kelvin of warming warms a chip by its leakage [K/K]. Without flow, or where
    the gain is 1 or more and the chip runs away, temperature and power are infinite.
    """

    T: float
    T_max: float
    power: float
    resistance: float
    leakage: float
    gain: float


def plates(item: Item) -> ColdPlates | None:
    """The cold plates of a rack, where its entry gives them."""
    coolant = getattr(item.entry, "coolant", None)
    return coolant.plates if coolant is not None else None


def chip_share(item: Item) -> float:
    """Power of a chip over the rack's heat to liquid, both as rated [-]."""
    own, heat = plates(item), item.entry.power * item.entry.liquid_fraction  # type: ignore[attr-defined]
    return own.power / heat if own is not None and heat > 0 else 0.0


def chips_of(loop: LoopModel, state: LoopState) -> dict[str, Chip]:
    """Chips of the racks of a loop that have plates in the catalogue, by rack."""
    at = [n for n, item in enumerate(loop.racks) if plates(item) is not None]
    items = [loop.racks[n] for n in at]
    own = [p for item in items if (p := plates(item)) is not None]
    if not own:
        return {}
    liquid, T_in = fluid(loop.spec.fluid), jnp.asarray(state.T_branch_in[at])
    capacity = liquid.density(T_in) * liquid.heat_capacity(T_in)
    arrays = plates_of(
        at, [p.count for p in own], [p.flow_share for p in own], [p.resistance for p in own]
    )
    V_flow = np.abs(state.m_flow_branch[at]) / loop.density
    least = np.array([p.resistance[0][0] * p.count / p.flow_share for p in own])
    V_flow[V_flow < STILL * least] = 0.0  # what is shut leaks a trace
    R = resistance(jnp.asarray(V_flow), capacity, arrays)
    drawn = jnp.asarray(
        [
            p.power * item.power / item.entry.power  # type: ignore[attr-defined]
            for p, item in zip(own, items, strict=True)
        ]
    )
    leakage = jnp.asarray([p.leakage or 0.0 for p in own])
    T_leakage = jnp.asarray([p.leakage_at or ZERO for p in own])
    power = chip_power(drawn, leakage, T_leakage, T_in, R)
    T = np.asarray(T_in + jnp.where(power > 0.0, power * R, 0.0))
    more = np.asarray(power - drawn)
    return {
        item.name: Chip(
            T=float(T[n]),
            T_max=own[n].chip_max,
            power=float(power[n]),
            resistance=float(R[n]),
            leakage=own[n].count * float(more[n]),
            gain=float(drawn[n] * leakage[n] * R[n]) if own[n].leakage else 0.0,
        )
        for n, item in enumerate(items)
    }


def leakage_of(loops: dict[str, tuple[LoopModel, LoopState]]) -> dict[str, float]:
    """What leakage adds to the power of racks [W]; of chips that run away nothing is known."""
    found = {name: c for loop, state in loops.values() for name, c in chips_of(loop, state).items()}
    return {name: c.leakage for name, c in found.items() if 0.0 < abs(c.leakage) < np.inf}


def chip_limits(loops: dict[str, tuple[LoopModel, LoopState]]) -> list[Limit]:
    """Case temperatures of all chips against what they bear, and how near they are to running away.

    Of a rack without flow neither is known: that its heat has nowhere to go is a limit of its own.
    """
    found = []
    for loop, state in loops.values():
        for name, chip in chips_of(loop, state).items():
            if np.isfinite(chip.T):
                T, T_max = chip.T - ZERO, chip.T_max - ZERO
                found.append(Limit("chip_temperature_max", name, T, T_max, "degC"))
            if 0.0 < chip.gain < np.inf:
                found.append(Limit("chip_leakage_max", name, 100 * chip.gain, RUNS_AWAY, "%"))
    return found

"""Plate exchangers between a facility's water and water from coolers outdoors."""

from dataclasses import dataclass
from functools import lru_cache

import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.exchanger import conductance_to_inlets, ua_at_flows, ua_from_rating
from thermal.plant.machines import Scalar, volumetric_heat


@dataclass(frozen=True)
class PlateExchanger:
    """Counterflow, rated at equal flows of water on both sides."""

    name: str
    capacity: float  # [W]
    approach: float  # leaving facility water minus entering water from outdoors at rating [K]
    V_flow_nominal: float  # of either side [m3/s]


@dataclass(frozen=True)
class Exchangers:
    """Equal plate exchangers in parallel, all in use."""

    machine: PlateExchanger
    count: int


def conductance(
    bank: Exchangers,
    V_facility: Scalar,
    V_outdoor: Scalar,
    facility: str,
    outdoor: str,
    failed: Scalar = 0.0,
) -> Float[Array, "..."]:
    """Heat per kelvin between the two inlets [W/K], of liquids by their names.

    Failed exchangers are shut off, and all liquid goes through the others, at least one.
    """
    machine, n = bank.machine, jnp.maximum(bank.count - jnp.asarray(failed), 1.0)
    V_facility, V_outdoor = jnp.asarray(V_facility), jnp.asarray(V_outdoor)
    UA = ua_at_flows(
        _rated_ua(machine),
        V_facility / (n * machine.V_flow_nominal),
        V_outdoor / (n * machine.V_flow_nominal),
    )
    return n * conductance_to_inlets(
        V_facility / n * volumetric_heat(facility), V_outdoor / n * volumetric_heat(outdoor), UA
    )


@lru_cache
def _rated_ua(machine: PlateExchanger) -> float:
    """UA [W/K] of the rated point."""
    C = machine.V_flow_nominal * volumetric_heat("water")
    span = machine.approach + machine.capacity / C
    return ua_from_rating(machine.capacity, C, C, span, 0.0, where=machine.name)

"""Coils on facility loops: those of cooling units and rear doors, and the water they share."""

from typing import Any

import jax.numpy as jnp

from rehall.config import Case
from rehall.facility import facility_of
from rehall.layout import Item
from rehall.schema.entries import CoolingUnit, Rack
from rehall.schema.entries.cooling import CoilRating
from thermal.equipment import cooling_unit
from thermal.properties import fluid


def coil_rating(item: Item) -> CoilRating:
    """Rated point of the coil of a cooling unit or of a rack's rear door."""
    if isinstance(item.entry, CoolingUnit):
        return item.entry.rating
    door = item.entry.rear_door if isinstance(item.entry, Rack) else None
    assert door is not None, f"{item.name} has no coil"
    return door


def coil(item: Item, water: str = "water") -> cooling_unit.CoolingUnit:
    """The coil of a cooling unit or rear door as placed, on a facility loop with this liquid."""
    rating = coil_rating(item)
    return cooling_unit.CoolingUnit(
        name=item.name,
        capacity=rating.capacity,
        V_flow_air=rating.air_flow,
        T_air_in=rating.air_in,
        V_flow_water=rating.water_flow,
        T_water_in=rating.water_in,
        fan_power=getattr(item.entry, "fan_power", 0.0),
        fluid=water,
    )


def rated_capacity(item: Item) -> float:
    """Rated heat of a cooling unit's coil [W]."""
    return float(entry_of(item, CoolingUnit).rating.capacity)


def coil_conductance(item: Item, case: Case, m_air: float, T_water: float, V_water: float) -> float:
    """Heat per kelvin between the air and water inlets of a unit's or rear door's coil [W/K].

    `V_water` is its water [m3/s].
    """
    facility = facility_of(case, item.facility)
    m_water = V_water * float(fluid(facility.fluid).density(jnp.asarray(T_water)))
    kelvin = 1.0  # the coil is linear in the difference of its inlets
    return float(
        cooling_unit.capacity(coil(item, facility.fluid), T_water + kelvin, m_air, T_water, m_water)
    )


def entry_of(item: Item, kind: type) -> Any:
    """Catalogue entry of a piece of equipment, which is of this kind."""
    assert isinstance(item.entry, kind), f"{item.name} is no {kind.__name__}"
    return item.entry

"""What the heat rejection of a facility loop cools its water to, moment by moment."""

from dataclasses import dataclass
from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from rehall.config import Case
from rehall.facility import design, facility_of, failed, lost, plant_of
from rehall.operated import FacilityItem
from thermal.plant import plant as plants
from thermal.plant.bank import Chillers
from thermal.plant.outdoor import outdoor_at_wet_bulb

HEATS = 60
"""Heats that a curve is laid through; between two of them it is straight."""
BEYOND = 4.0
"""Heat up to which a curve goes, over what its machines carry at the set point [-]."""
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rejecting:
    """Temperature `T` [K] that a rejection supplies when it carries `heat` [W], and rising.

    Coolers carry more than at their set point where their water gets warmer; chillers do not.
    """

    heat: Values
    T: Values

    def leaving(self, T_in: float, C: float) -> float:
        """What leaves it [K] where water of the capacity rate C [W/K] enters at T_in [K].

        C (T_in - T) = heat, with T the curve's at that heat. Water colder than the set point
        passes as it is.
        """
        needed = self.T + self.heat / max(C, 1.0)  # inlet at which it carries so much
        carried = float(np.interp(T_in, needed, self.heat))
        return T_in - carried / max(C, 1.0)


def rejecting(case: Case, facility: FacilityItem) -> Rejecting:
    """The rejection of a facility loop at the site's design, with its machines that can run."""
    spec = facility_of(case, facility.name)
    return _rejecting(plant_of(case, spec), *design(case), *lost(spec, facility))


def rejects(case: Case, facility: FacilityItem) -> bool:
    """Whether anything is left that carries the heat of a facility loop to outdoors."""
    plant = plant_of(case, facility_of(case, facility.name))
    loop, cooled = plant.outdoor, facility.coolers > 0
    if cooled and loop is not None and loop.economiser is not None:
        return True
    return facility.machines > 0 and (cooled or not plants.needs_coolers(plant))


@lru_cache
def _rejecting(
    plant: plants.Plant, T_dry: float, T_wet: float, p: float, machines: int, coolers: int
) -> Rejecting:
    outdoor, few = outdoor_at_wet_bulb(T_dry, T_wet, p), failed(machines, coolers)
    most = float(plants.capacity(plant, outdoor, few, economised=True))
    if isinstance(plant.main, Chillers):
        return Rejecting(np.array([0.0, most]), np.full(2, plant.T_set))
    heat = most * np.concatenate([[0.0, 1.0], np.linspace(1.0, BEYOND, HEATS)[1:]])
    T = np.asarray(plants.operate(plant, jnp.asarray(heat), outdoor, few).T_supply)
    return Rejecting(heat, np.maximum.accumulate(T))

"""What the water of coils in time changes in the inputs of the air."""

from dataclasses import replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from rehall.config import Case
from rehall.coolant_log import CoolantMarch
from rehall.layout import has_rear_door
from rehall.models import AirLevel
from rehall.timeline import Change, plain
from thermal.air.inputs import AirInputs

WARMER, WEAKER = 0.25, 0.02
"""Changes of a coil's water [K], or of the share of its flow, that the air is told of."""


def water_changes(
    case: Case, level: AirLevel, coolant: CoolantMarch, base: AirInputs
) -> list[Change]:
    """Changes of the coils' inputs, in straight lines between moments of the coolant's march.

    With less water a coil carries less, in proportion: a little less than it does.
    """
    if not coolant.coils:
        return []
    start = np.abs(coolant.m_coil[0])
    flow = np.abs(coolant.m_coil) / np.where(start > 0, start, 1.0)
    share = np.minimum(flow, 1.0)
    steady, found = plain(base), []
    kept = _knots(coolant.times, coolant.T_coil, share)
    doors = {item.name for item in case.items if has_rear_door(item)}
    for a, b in pairwise(kept):
        T, T_set, conductance = (
            np.zeros(len(level.streams.name)) for _ in ("coolant", "set", "conductance")
        )
        for n, name in enumerate(coolant.coils):
            at = level.streams.of(name)
            T[at] = coolant.T_coil[b, n] - coolant.T_coil[a, n]
            T_set[at] = T[at] if name in doors else 0.0
            lost = share[b, n] - share[a, n]
            conductance[at] = lost * np.asarray(steady.conductance)[at]
        nothing = jax.tree.map(jnp.zeros_like, steady)
        difference = replace(
            nothing,
            T_coolant=jnp.asarray(T),
            T_set=jnp.asarray(T_set),
            conductance=jnp.asarray(conductance),
        )
        found.append(Change(float(coolant.times[a]), float(coolant.times[b]), difference))
    return found


def _knots(times: np.ndarray, T: np.ndarray, share: np.ndarray) -> list[int]:
    """Moments between which straight lines follow water and flows closely enough."""
    kept, last = [0], 0
    for n in range(1, len(times)):
        jump = times[n] == times[n - 1]
        moved = (
            np.abs(T[n] - T[last]).max() > WARMER or np.abs(share[n] - share[last]).max() > WEAKER
        )
        if moved:
            before = n - 1
            if jump and before > last:
                kept.append(before)
            kept.append(n)
            last = n
    if last < len(times) - 1:
        kept.append(len(times) - 1)
    same = np.abs(T[kept] - T[0]).max() == 0.0 and np.abs(share[kept] - share[0]).max() == 0.0
    return [] if same else kept

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
"""How close the air follows a coil's water [K], and the share of its flow [-]."""


STANDS = 1e-3
"""Share of its largest flow below which a coil's water stands still [-]."""


def water_changes(
    case: Case, level: AirLevel, coolant: CoolantMarch, base: AirInputs
) -> list[Change]:
    """Changes of the coils' inputs, in straight lines between moments of the coolant's march.

    With less water a coil carries less, in proportion: a little less than it does.
    """
    if not coolant.coils:
        return []
    flow = np.abs(coolant.m_coil)
    stood = flow[0] <= STANDS * flow.max(axis=0)
    usual = np.where(stood, flow.max(axis=0), flow[0])
    share = np.minimum(flow / np.maximum(usual, 1e-12), 1.0)
    # A coil that stands by carries nothing as long as its unit is off, whatever its share.
    waits = np.cumsum(flow > STANDS * flow.max(axis=0), axis=0) == 0
    share = np.where(stood & waits, 1.0, share)
    steady, found = plain(replace(base, bodies=None, layers=None)), []
    kept = knots(coolant.times, np.hstack([coolant.T_coil / WARMER, share / WEAKER]))
    doors = {item.name for item in case.items if has_rear_door(item)}
    for a, b in pairwise(kept):
        T, T_set, water = (np.zeros(len(level.streams.name)) for _ in ("T", "T_set", "water"))
        for n, name in enumerate(coolant.coils):
            at = level.streams.of(name)
            T[at] = coolant.T_coil[b, n] - coolant.T_coil[a, n]
            T_set[at] = T[at] if name in doors else 0.0
            water[at] = share[b, n] - share[a, n]
        nothing = jax.tree.map(jnp.zeros_like, steady)
        difference = replace(nothing, T_coolant=jnp.asarray(T), T_set=jnp.asarray(T_set))
        times = float(coolant.times[a]), float(coolant.times[b])
        found.append(Change(*times, difference, water))
    return found


def knots(times: np.ndarray, values: np.ndarray) -> list[int]:
    """Moments between which straight lines are within 1 of all `values` [moments, things].

    Lines are cut where they miss most (Douglas and Peucker 1973); both sides of a change at once
    are kept. No moment where nothing changes at all.
    """
    if not np.ptp(values, axis=0).any():
        return []
    last = len(times) - 1
    jumps = np.flatnonzero(np.diff(times) == 0.0)
    ends = sorted({0, last, *jumps.tolist(), *(jumps + 1).tolist()})
    kept, open_lines = set(ends), list(pairwise(ends))
    while open_lines:
        a, b = open_lines.pop()
        if b - a < 2:
            continue
        part = ((times[a : b + 1] - times[a]) / (times[b] - times[a]))[:, None]
        line = values[a] + part * (values[b] - values[a])
        missed = np.abs(values[a : b + 1] - line).max(axis=1)
        if missed.max() > 1.0:
            cut = a + int(missed.argmax())
            kept.add(cut)
            open_lines += [(a, cut), (cut, b)]
    return sorted(kept)

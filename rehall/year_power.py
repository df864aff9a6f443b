"""Power from the utility in every hour of a year, from few solutions of the chain.

Losses of cables and transformers follow the square of their load, so that the utility's power is
nearly a quadratic form of the facilities' powers. It is laid through as many solutions as it has
coefficients and checked at the hours of the most and the least power.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from rehall.electrical import PowerSide

FLAT = 1.0
"""Range of a facility's power over the year below which it is constant [W]."""


@dataclass(frozen=True, eq=False)
class UtilityPower:
    """Power from the utility by hour [W], and by how much it is off where it was checked [-]."""

    power: np.ndarray
    error: float
    converged: bool


def utility_power(
    side: PowerSide | None, fixed: dict[str, float], hourly: dict[str, np.ndarray], hours: int
) -> UtilityPower:
    """Power from the utility with `fixed` loads and loads by the hour [W].

    Without a chain it is the sum of the loads.
    """
    total = sum(fixed.values()) + sum(hourly.values(), np.zeros(hours))
    if side is None:
        return UtilityPower(total, 0.0, True)
    names = [name for name in hourly if np.ptp(hourly[name]) > FLAT]
    mean = fixed | {name: float(power.mean()) for name, power in hourly.items()}

    def solved(powers: dict[str, float]) -> float:
        state = side.solve(mean | powers)
        return float(state.utility_power) if state.converged else np.nan

    if not names:
        power = solved({})
        return UtilityPower(np.full(hours, power), 0.0, bool(np.isfinite(power)))
    powers = np.stack([hourly[name] for name in names], axis=1)
    middle, half = 0.5 * (powers.max(0) + powers.min(0)), 0.5 * np.ptp(powers, axis=0)
    corners = _corners(len(names))
    found = [
        solved(dict(zip(names, map(float, middle + half * corner), strict=True)))
        for corner in corners
    ]
    if not np.isfinite(found).all():
        return UtilityPower(np.full(hours, np.nan), np.nan, False)
    terms = np.linalg.solve(_features(corners), np.array(found))
    fitted = _features((powers - middle) / half) @ terms
    apart = []
    for n in (int(np.argmax(total)), int(np.argmin(total))):
        exact = solved(dict(zip(names, map(float, powers[n]), strict=True)))
        apart.append(abs(fitted[n] - exact) / exact)
    return UtilityPower(fitted, float(max(apart)), bool(np.isfinite(apart).all()))


def _corners(n: int) -> np.ndarray:
    """Points that fix a quadratic form: the middle, both ways along each axis, pairs upwards."""
    unit = np.eye(n)
    pairs = [unit[i] + unit[j] for i, j in combinations(range(n), 2)]
    return np.array([np.zeros(n), *unit, *(-unit), *pairs])


def _features(points: np.ndarray) -> np.ndarray:
    """1, x_i, x_i^2, x_i x_j of every point (rows)."""
    n = points.shape[1]
    mixed = [points[:, i] * points[:, j] for i, j in combinations(range(n), 2)]
    return np.stack([np.ones(len(points)), *points.T, *(points**2).T, *mixed], axis=1)

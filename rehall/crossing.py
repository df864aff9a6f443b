"""When a series passes a limit."""

import numpy as np


def crossing(times: np.ndarray, values: np.ndarray, limit: float) -> float | None:
    """First time at which values pass a limit, in a straight line between two; None if never.

    >>> crossing(np.array([0.0, 1.0, 2.0]), np.array([20.0, 22.0, 26.0]), 24.0)
    1.5
    """
    over = np.flatnonzero(values > limit)
    if not len(over):
        return None
    n = int(over[0])
    if n == 0:
        return float(times[0])
    part = (limit - values[n - 1]) / (values[n] - values[n - 1])
    return float(times[n - 1] + part * (times[n] - times[n - 1]))

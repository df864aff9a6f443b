"""Arrays from the host onto the device."""

from typing import Any

import jax
import numpy as np
from jaxtyping import Array


def on_device(values: Any, dtype: Any) -> Array:
    """A copy on the device, made on the host: `jnp.array` compiles a program for every shape."""
    return jax.device_put(np.array(values, dtype))


def roomy(count: int, parts: int) -> int:
    """A size rounded up to one of so many between two powers of two.

    >>> roomy(43, 2), roomy(48, 2), roomy(17124, 16)
    (48, 48, 17408)
    """
    step = max(2 ** (max(count, 1).bit_length() - 1) // parts, 1)
    return -(-count // step) * step

"""Arrays from the host onto the device."""

from typing import Any

import jax
import numpy as np
from jaxtyping import Array


def on_device(values: Any, dtype: Any) -> Array:
    """A copy on the device, made on the host: `jnp.array` compiles a program for every shape."""
    return jax.device_put(np.array(values, dtype))

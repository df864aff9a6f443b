"""Keep XLA from recomputing: a stage is computed once and kept.

On a CPU, XLA fuses a chain of stencils into one loop that recomputes every intermediate value for
each of its readers, which costs several times the work. A conditional whose predicate is not known
at compile time is a boundary that fusion does not cross, and it can be differentiated and batched.
On a GPU it would cost a transfer, so there it is left out (docs/decisions/0005-stages.md).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array


def stage(go: Array | None, function: Callable[..., Any], *operands: Any) -> Any:
    """Value of `function(*operands)`, computed once.

    `go` is an array that holds 1 and that the compiler takes for a variable; None fuses freely.
    """
    if go is None:
        return function(*operands)
    once = jax.jit(function, inline=True)  # traced here, reused below
    shapes = jax.eval_shape(once, *operands)
    return lax.cond(
        go > 0,
        once,
        lambda *_: jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes),
        *operands,
    )


def stage_flag() -> Array | None:
    """1 where stages help (CPU), None where they do not."""
    return jnp.ones(()) if jax.default_backend() == "cpu" else None

"""Cold plates and the chips on them: temperature from a measured resistance R(flow).

The resistance is that from the liquid that enters a plate to the chip's case. Of a plate with
less flow than the table holds, the part that the liquid itself warms up by grows, and the film
stays as it is (laminar).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import ArrayLike

FILM_MIN = 0.1
"""Least share of R that is taken for the film and the plate, where the table leaves less [-]."""


class Plates(eqx.Module):
    """Equal plates in parallel in a rack; arrays are by rack, tables are as long as the longest."""

    link: Int[Array, " rack"]  # branch
    count: Float[Array, " rack"]
    flow_share: Float[Array, " rack"]  # of the branch's flow that runs through the plates [-]
    V_flow: Float[Array, "rack row"]  # through one plate, rising [m3/s]
    R: Float[Array, "rack row"]  # [K/W]


def plates_of(
    links: ArrayLike,
    counts: ArrayLike,
    flow_shares: ArrayLike,
    tables: list[tuple[tuple[float, float], ...]],
) -> Plates:
    """Plates of racks; each table holds flow through one plate [m3/s] and resistance [K/W]."""
    rows = max((len(table) for table in tables), default=1)
    values = np.array(
        [
            [*table, *((table[-1][0] * (2.0 + k), table[-1][1]) for k in range(rows - len(table)))]
            for table in tables
        ],
        float,
    ).reshape(len(tables), rows, 2)
    return Plates(
        jnp.asarray(links, int),
        jnp.asarray(counts, float),
        jnp.asarray(flow_shares, float),
        jnp.asarray(values[..., 0]),
        jnp.asarray(values[..., 1]),
    )


def resistance(
    V_flow: Float[Array, " rack"], capacity: Float[Array, " rack"], plates: Plates
) -> Float[Array, " rack"]:
    """From the liquid that enters a plate to the chip's case [K/W]; infinite without flow.

    `V_flow` [m3/s] is that of the whole branch, `capacity` its rho cp [J/(m3 K)].
    """
    V = V_flow * plates.flow_share / plates.count
    least = plates.V_flow[:, 0]
    V_safe = jnp.where(V > 0.0, V, 1.0)
    known = jax.vmap(jnp.interp)(jnp.maximum(V, least), plates.V_flow, plates.R)
    warmer = 0.5 / capacity * (1.0 / jnp.minimum(V_safe, least) - 1.0 / least)
    return jnp.where(V > 0.0, known + warmer, jnp.inf)


def chip_power(
    power: Float[Array, " rack"],
    leakage: Float[Array, " rack"],
    T_leakage: Float[Array, " rack"],
    T_in: Float[Array, " rack"],
    R: Float[Array, " rack"],
) -> Float[Array, " rack"]:
    """Power of a chip that rises by `leakage` [1/K] of `power` [W] above T_leakage [K]; [W].

        P = P0 (1 + a (T - T_l)),  T = T_in + R P

    Infinite where every kelvin brings more than it takes: the chip runs away.
    """
    left = 1.0 - power * leakage * jnp.where(jnp.isfinite(R), R, 0.0)
    found = power * (1.0 + leakage * (T_in - T_leakage)) / jnp.where(left > 0.0, left, 1.0)
    stable = (left > 0.0) & (jnp.isfinite(R) | (leakage <= 0.0))
    return jnp.where(stable, jnp.maximum(found, 0.0), jnp.inf)


def film_conductance(
    V_flow: Float[Array, " rack"],
    capacity: Float[Array, " rack"],
    rise: Float[Array, " rack"],
    cells: Float[Array, " rack"],
    plates: Plates,
) -> Float[Array, " rack"]:
    """Conductance from all the plates of a rack to the mean of its liquid, in `cells` [W/K].

    Per heat of the rack: what R leaves of the chip above the mean of the liquid. `rise` [K/W] is
    that of the chip per watt of the rack's heat and per R: power of a chip over heat of the rack.
    """
    least = plates.V_flow[:, 0] * plates.count / plates.flow_share
    V = jnp.maximum(V_flow, least)
    total = rise * resistance(V, capacity, plates)
    liquid = (0.5 + 0.5 / cells) / (V * capacity)
    return 1.0 / jnp.maximum(total - liquid, FILM_MIN * total)

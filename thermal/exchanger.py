"""Effectiveness-NTU relations: coil, plate exchanger, dry cooler.

effectiveness = heat / (C_min (T_hot_in - T_cold_in)), NTU = UA / C_min, C_r = C_min / C_max, with
C = m_flow cp the capacity rate of a stream [W/K]. Kays and London, Compact Heat Exchangers
(3rd ed.), chapter 2; Incropera et al., Fundamentals of Heat and Mass Transfer (7th ed.), table
11.3.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geometry.errors import Finding, InputError

Scalar = float | Float[Array, "..."]

ARRANGEMENTS = (
    "counterflow",
    "parallel",
    "crossflow",
    "crossflow_min_mixed",
    "crossflow_max_mixed",
    "shell_and_tube",
)
NTU_MAX = 25.0  # beyond it the effectiveness is at its limit to 1e-11 where C_r < 0.1
_CROSSFLOW_TERMS = 80  # of the double series; enough for NTU_MAX


def counterflow(NTU: Float[Array, "*shape"], C_r: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Effectiveness of a counterflow exchanger, any NTU >= 0 and 0 <= C_r <= 1.

        e = (1 - E) / (1 - C_r E),  E = exp(-NTU (1 - C_r));  NTU / (1 + NTU) at C_r = 1

    With y = (1 - E) / (1 - C_r) both are e = y / (1 + C_r y), finite at C_r = 1.

    >>> print(f"{counterflow(jnp.array(9.0), jnp.array(1.0)):.6f}")
    0.900000
    """
    y = NTU * _relative_expm1(NTU * (1.0 - C_r))
    return y / (1.0 + C_r * y)


def _relative_expm1(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """(1 - exp(-z)) / z, which is 1 at z = 0."""
    small = jnp.abs(z) < 1e-4
    safe = jnp.where(small, 1.0, z)
    return jnp.where(small, 1.0 - z / 2.0 + z**2 / 6.0, -jnp.expm1(-safe) / safe)


def parallel(NTU: Float[Array, "*shape"], C_r: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Effectiveness of a parallel-flow exchanger: (1 - exp(-NTU (1 + C_r))) / (1 + C_r)."""
    return -jnp.expm1(-NTU * (1.0 + C_r)) / (1.0 + C_r)


def crossflow(NTU: Float[Array, "*shape"], C_r: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Effectiveness of a single-pass crossflow exchanger, both streams unmixed.

        e = 1 / (C_r NTU) sum_{n>=0} P(n + 1, NTU) P(n + 1, C_r NTU)

    with P(n + 1, x) = 1 - exp(-x) sum_{m<=n} x^m / m!: Mason's exact series (1955), from which the
    common exponential fit departs by up to 0.01. NTU is cut at NTU_MAX.
    """
    hot = jnp.clip(NTU, 1e-9, NTU_MAX)
    cold = jnp.maximum(C_r, 1e-6) * hot

    def add(carry, n):
        total, hot_term, hot_tail, cold_term, cold_tail = carry
        total = total + hot_tail * cold_tail
        hot_term, cold_term = hot_term * hot / n, cold_term * cold / n
        return (total, hot_term, hot_tail - hot_term, cold_term, cold_tail - cold_term), None

    start = (
        jnp.zeros_like(hot),
        jnp.exp(-hot),
        -jnp.expm1(-hot),
        jnp.exp(-cold),
        -jnp.expm1(-cold),
    )
    orders = jnp.arange(1, _CROSSFLOW_TERMS + 1, dtype=hot.dtype)
    (total, *_), _ = jax.lax.scan(add, start, orders)
    return total / cold


def crossflow_min_mixed(
    NTU: Float[Array, "*shape"], C_r: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Effectiveness in crossflow, the stream of the smaller capacity rate mixed, the other not.

    e = 1 - exp(-(1 - exp(-C_r NTU)) / C_r),  1 - exp(-NTU) at C_r = 0
    """
    return -jnp.expm1(-NTU * _relative_expm1(C_r * NTU))


def crossflow_max_mixed(
    NTU: Float[Array, "*shape"], C_r: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Effectiveness in crossflow, the stream of the larger capacity rate mixed, the other not.

        e = (1 - exp(-C_r (1 - exp(-NTU)))) / C_r,  1 - exp(-NTU) at C_r = 0

    A finned coil of one row: its fins keep the air unmixed, and one header mixes the liquid.
    """
    single = -jnp.expm1(-NTU)
    return single * _relative_expm1(C_r * single)


def shell_and_tube(
    NTU: Float[Array, "*shape"], C_r: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Effectiveness of one shell pass with two, four, six ... tube passes: oil coolers, chillers.

    e = 2 / (1 + C_r + s (1 + E) / (1 - E)),  s = sqrt(1 + C_r^2),  E = exp(-s NTU)
    """
    s = jnp.sqrt(1.0 + C_r**2)
    gone = -jnp.expm1(-s * NTU)  # 1 - E
    return 2.0 * gone / ((1.0 + C_r) * gone + s * (2.0 - gone))


_RELATIONS = {
    "counterflow": counterflow,
    "parallel": parallel,
    "crossflow": crossflow,
    "crossflow_min_mixed": crossflow_min_mixed,
    "crossflow_max_mixed": crossflow_max_mixed,
    "shell_and_tube": shell_and_tube,
}


@partial(jax.jit, static_argnames="arrangement")
def effectiveness(arrangement: str, NTU: Scalar, C_r: Scalar) -> Float[Array, "..."]:
    """Effectiveness of one of ARRANGEMENTS; NTU and C_r broadcast."""
    NTU, C_r = jnp.broadcast_arrays(jnp.asarray(NTU), jnp.asarray(C_r))
    return _RELATIONS[arrangement](NTU, C_r)


@partial(jax.jit, static_argnames="arrangement")
def conductance_to_inlets(
    C_hot: Scalar, C_cold: Scalar, UA: Scalar, arrangement: str = "counterflow"
) -> Float[Array, "..."]:
    """Heat per kelvin between the two inlets [W/K]: effectiveness times C_min, 0 without flow."""
    C_hot, C_cold, UA = jnp.broadcast_arrays(
        jnp.asarray(C_hot), jnp.asarray(C_cold), jnp.asarray(UA)
    )
    C_min, C_max = jnp.minimum(C_hot, C_cold), jnp.maximum(C_hot, C_cold)
    flows = C_min > 0.0
    safe_min, safe_max = jnp.where(flows, C_min, 1.0), jnp.where(flows, C_max, 1.0)
    e = effectiveness(arrangement, jnp.minimum(UA / safe_min, 1e6), safe_min / safe_max)
    return jnp.where(flows, e * C_min, 0.0)


@jax.jit
def ua_at_flows(
    UA_nominal: Scalar,
    hot_ratio: Scalar,
    cold_ratio: Scalar,
    *,
    hot_share: Scalar = 0.5,
    hot_exponent: Scalar = 0.8,
    cold_exponent: Scalar = 0.8,
) -> Float[Array, "..."]:
    """UA [W/K] at flows that are `hot_ratio` and `cold_ratio` of their nominal ones.

        1/UA = 1/UA_n (hot_share / hot_ratio^n_hot + (1 - hot_share) / cold_ratio^n_cold)

    Turbulent films on both sides (Dittus-Boelter exponent 0.8), wall resistance and fouling
    inside the shares. Equal shares suit a plate exchanger of two like liquids.
    """
    hot = jnp.maximum(jnp.asarray(hot_ratio), 1e-6) ** hot_exponent
    cold = jnp.maximum(jnp.asarray(cold_ratio), 1e-6) ** cold_exponent
    return UA_nominal / (hot_share / hot + (1.0 - hot_share) / cold)


def ua_from_rating(
    heat: float,
    C_hot: float,
    C_cold: float,
    T_hot_in: float,
    T_cold_in: float,
    arrangement: str = "counterflow",
    where: str = "exchanger",
) -> float:
    """UA [W/K] that carries `heat` [W] between the two inlet temperatures [K] at C [W/K].

    Counterflow in closed form, e = NTU relation inverted; the others by bisection. Raises
    InputError, naming `where`, if no exchanger however large could carry the heat.
    """
    C_min, C_max = min(C_hot, C_cold), max(C_hot, C_cold)
    span = T_hot_in - T_cold_in
    needed = heat / (C_min * span) if C_min > 0 and span > 0 else np.inf
    C_r = C_min / C_max if C_max > 0 else 0.0
    limit = _effectiveness_now(arrangement, NTU_MAX, C_r)
    if not 0.0 < needed < limit:
        found = f"{heat / 1e3:.1f} kW between inlets {span:.2f} K apart needs {needed:.3f}"
        limits = f"a {arrangement} exchanger at these flows has an effectiveness below {limit:.3f}"
        raise InputError([Finding(where, f"{found}; {limits}")])
    if arrangement != "counterflow":
        return C_min * _ntu_by_bisection(arrangement, needed, C_r)
    if abs(1.0 - C_r) < 1e-9:
        return C_min * needed / (1.0 - needed)
    return C_min * float(np.log((1.0 - needed * C_r) / (1.0 - needed))) / (1.0 - C_r)


def _ntu_by_bisection(arrangement: str, needed: float, C_r: float) -> float:
    """NTU at which the effectiveness is `needed`; it grows with NTU."""
    low, high = 0.0, NTU_MAX
    for _ in range(40):
        middle = 0.5 * (low + high)
        if _effectiveness_now(arrangement, middle, C_r) < needed:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _effectiveness_now(arrangement: str, NTU: float, C_r: float) -> float:
    """Effectiveness as a number, also while the caller is being traced."""
    with jax.ensure_compile_time_eval():
        return float(effectiveness(arrangement, NTU, C_r))

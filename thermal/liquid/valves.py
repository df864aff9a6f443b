"""Valves on the cold side of exchangers: the flow that holds the set point behind the hot side."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.liquid.heat import HeatModel, HeatState, conductance, heated_law

FLOW_MAX = 10.0  # times nominal: what needs more cannot be held [-]
FLOW_MIN = 1e-6  # times nominal: what needs less is shut [-]
HALVINGS = 60


def flow_needed(
    entering: Float[Array, " link"], model: HeatModel, state: HeatState
) -> Float[Array, " exchanger"]:
    """Cold flow [kg/s] at which each exchanger leaves its set point; infinite where none does.

        K(m_cold) (theta_hot - theta_cold) = C_hot (theta_hot - theta_set)

    By bisection in the logarithm of the flow; one Newton step from there carries the derivatives.
    """
    x = model.exchangers
    own, constant = heated_law(entering, model, state)
    heated = own * entering + constant
    hot, cold = heated[x.hot], heated[x.cold]
    m_hot = jnp.abs(state.m_flow[x.hot])
    wanted = m_hot * state.cp[model.circuit[x.hot]] * (hot - state.theta_set)

    def short(log_flow):
        carried = conductance(m_hot, x.m_cold * jnp.exp(log_flow), model, state) * (hot - cold)
        return jnp.where(jnp.isfinite(wanted), wanted, 0.0) - carried

    def halve(_, ends):
        low, high = ends
        middle = 0.5 * (low + high)
        more = short(middle) > 0.0
        return jnp.where(more, middle, low), jnp.where(more, high, middle)

    ends = tuple(jnp.full_like(x.m_cold, jnp.log(value)) for value in (FLOW_MIN, FLOW_MAX))
    low, high = jax.lax.fori_loop(0, HALVINGS, halve, ends)
    root = jax.lax.stop_gradient(0.5 * (low + high))
    left, gain = jax.jvp(short, (root,), (jnp.ones_like(root),))
    gain = jax.lax.stop_gradient(jnp.where(gain < 0.0, gain, -1.0))
    exact = jnp.where(jnp.abs(left / gain) < 1e-3, root - left / gain, root)
    flow = x.m_cold * jnp.exp(exact)
    flow = jnp.where(root > jnp.log(FLOW_MAX) - 1e-6, jnp.inf, flow)
    flow = jnp.where((wanted <= 0.0) | (root < jnp.log(FLOW_MIN) + 1e-6), 0.0, flow)
    return jnp.where(jnp.isfinite(state.theta_set), flow, jnp.inf)

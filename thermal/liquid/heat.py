"""Temperatures of a loop whose flows are known: heat in at the racks, out at the units.

Steady state, no loss to the room, one heat capacity for the loop: that at the mean of supply and
return. Temperatures are solved as differences `theta` to the supply set point, which float32
resolves a hundred times better than kelvin.

Pump heat: the hydraulic power outside the unit, V_flow dp, ends as friction in the loop and is
counted as heat between return and exchanger. Losses of motor and drive go to the room, and those
inside the unit that its external head does not show are left out of the fluid.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix
from jaxtyping import Array, Float

from thermal.exchanger import conductance_to_inlets, ua_at_flows
from thermal.liquid.loop import Exchangers, LiquidModel

STAGNANT = 2e-5  # share of nominal flow below which a stream carries no heat, above any leak [-]


class Streams(eqx.Module):
    """What enters the balance: mass flows, heat and facility water."""

    m_branch: Float[Array, " branch"]  # [kg/s], 0 where stagnant
    m_cdu: Float[Array, " cdu"]  # [kg/s], 0 where stagnant
    heat: Float[Array, " branch"]  # wanted from the racks [W]
    pump_heat: Float[Array, " cdu"]  # [W]
    T_facility: Float[Array, ""]  # [K]
    C_facility: Float[Array, " cdu"]  # capacity rate with the valve open [W/K]
    V_flow_facility: Float[Array, " cdu"]  # with the valve open [m3/s]


class Balance(eqx.Module):
    """Heat and temperatures at one supply temperature; theta is relative to the set point [K]."""

    taken: Float[Array, " branch"]  # heat the coolant takes from the racks [W]
    rejected: Float[Array, " cdu"]  # heat to the facility water [W]
    cp: Float[Array, ""]  # [J/(kg K)]
    theta_return: Float[Array, ""]
    theta_hot: Float[Array, " cdu"]  # at the exchangers' inlets, behind the pumps

    def imbalance(self, streams: Streams) -> Float[Array, ""]:
        """Heat out minus heat in [W]."""
        return jnp.sum(self.rejected) - jnp.sum(self.taken) - jnp.sum(streams.pump_heat)


def quotient(numerator: Float[Array, "*shape"], denominator: Float[Array, "*shape"]):
    """Quotient, 0 where the denominator is not positive; broadcasts."""
    flows = denominator > 0.0
    return jnp.where(flows, numerator / jnp.where(flows, denominator, 1.0), 0.0)


def conductance(
    share: Float[Array, " cdu"], C_hot: Float[Array, " cdu"], streams: Streams, model: LiquidModel
) -> Float[Array, " cdu"]:
    """Heat per kelvin between inlets [W/K] with `share` of the facility flow let through."""
    exchangers: Exchangers = model.exchangers
    hot_ratio = streams.m_cdu / (model.density * exchangers.V_flow_nominal)
    cold_ratio = share * streams.V_flow_facility / exchangers.V_flow_facility_nominal
    UA = ua_at_flows(exchangers.UA, hot_ratio, cold_ratio)
    return conductance_to_inlets(C_hot, share * streams.C_facility, UA)


def balance_at(theta: Float[Array, ""], streams: Streams, model: LiquidModel) -> Balance:
    """Heats and temperatures if the racks are supplied at theta over the set point.

    Racks give their heat as long as their outlet stays below the fluid's T_max. Each unit holds
    its outlet at the set point by throttling facility water; if it cannot, the valve is open.
    """
    total = jnp.sum(streams.m_branch)
    wanted, room = jnp.sum(streams.heat), _theta_max(model) - theta
    cp_supply = model.fluid.heat_capacity(model.T_supply_set + theta)
    mean = theta + 0.5 * jnp.clip(quotient(wanted, total * cp_supply), 0.0, jnp.maximum(room, 0.0))
    cp = model.fluid.heat_capacity(model.T_supply_set + mean)
    taken = jnp.minimum(streams.heat, streams.m_branch * cp * jnp.maximum(room, 0.0))
    theta_return = theta + quotient(jnp.sum(taken), total * cp)
    C_hot = streams.m_cdu * cp
    theta_hot = theta_return + quotient(streams.pump_heat, C_hot)
    span = jnp.maximum(model.T_supply_set - streams.T_facility + theta_hot, 0.0)
    most = conductance(jnp.ones_like(C_hot), C_hot, streams, model) * span
    return Balance(taken, jnp.minimum(C_hot * theta_hot, most), cp, theta_return, theta_hot)


def _theta_max(model: LiquidModel) -> Float[Array, ""]:
    """Hottest the coolant may get, above the set point [K]."""
    return model.fluid.T_max - model.T_supply_set


def supply_temperature(streams: Streams, model: LiquidModel) -> Float[Array, ""]:
    """Supply of the racks over the set point [K] at which heat in and heat out agree.

    The imbalance grows with theta and is negative one kelvin below the set point. Without flow the
    supply stays at the set point; if the units cannot reject the heat even at the fluid's T_max,
    it stops there.
    """
    top = _theta_max(model)
    total = jnp.sum(streams.m_branch)
    overheated = balance_at(top, streams, model).imbalance(streams) < 0.0

    def residual(theta, args):
        streams, model = args
        imbalance = balance_at(theta, streams, model).imbalance(streams)
        balanced = quotient(imbalance, total * model.fluid.heat_capacity(model.T_supply_set))
        return jnp.where(total > 0.0, jnp.where(overheated, theta - top, balanced), theta)

    return _bisect(residual, (streams, model), jnp.full_like(top, -1.0), top + 1.0)


def valve_share(balance: Balance, streams: Streams, model: LiquidModel) -> Float[Array, " cdu"]:
    """Share of the facility flow that each unit lets through to reject its heat (0 to 1)."""
    C_hot = streams.m_cdu * balance.cp
    span = model.T_supply_set - streams.T_facility + balance.theta_hot
    most = conductance(jnp.ones_like(C_hot), C_hot, streams, model)
    needed = quotient(balance.rejected, jnp.maximum(span, 0.0) * most)
    margin = 10.0 * jnp.finfo(C_hot.dtype).eps
    throttled = (needed > margin) & (needed < 1.0 - margin)
    target = jnp.where(throttled, needed, 0.5)

    def root(unit):
        def residual(share, args):
            target, streams, model = args
            shares = jnp.full_like(C_hot, share)
            reached = quotient(conductance(shares, C_hot, streams, model), most)
            return (jnp.where(throttled, reached, shares) - target)[unit]

        zero = jnp.zeros_like(C_hot[0])
        return _bisect(residual, (target, streams, model), zero, zero + 1.0)

    share = jax.vmap(root)(jnp.arange(C_hot.shape[0]))
    return jnp.where(throttled, share, jnp.where(needed >= 0.5, 1.0, 0.0))


def _bisect(
    residual: Callable[[Array, Any], Array],
    args: Any,
    lower: Float[Array, ""],
    upper: Float[Array, ""],
) -> Float[Array, ""]:
    """Root of a residual that is negative at `lower` and positive at `upper`."""
    tolerance = max(80.0 * float(jnp.finfo(lower.dtype).eps), 1e-11)
    solver: optimistix.Bisection = optimistix.Bisection(  # type: ignore[call-arg]
        rtol=0.0, atol=tolerance, flip=False
    )
    return optimistix.root_find(
        residual,
        solver,
        0.5 * (lower + upper),
        args=args,
        options={"lower": lower, "upper": upper},
        max_steps=100,
        throw=False,
    ).value

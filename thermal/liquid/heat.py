"""Heat along the links of a network: pipes, racks, exchangers between two circuits, rejection.

What a link does to the liquid that enters it, in the order of the flow: loss to the air over its
length, then heat (or none beyond the highest temperature of the liquid), then an exchanger. One
heat capacity a circuit: that at its mean temperature. Temperatures are differences `theta` to a
reference, which float32 resolves a hundred times better than kelvin.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from thermal.exchanger import conductance_to_inlets, ua_at_flows

PASSES, HOLDS, FREE = 0, 1, 2
"""What an exchanger does with its hot side."""
AGAINST = 1e-4
"""Warmer cold side against which the valve of an exchanger shuts [K]."""


class Exchangers(eqx.Module):
    """Counterflow exchangers between a link that is cooled and one that is heated."""

    hot: Int[Array, " exchanger"]  # link
    cold: Int[Array, " exchanger"]  # link
    UA: Float[Array, " exchanger"]  # clean, at nominal flows [W/K]
    m_hot: Float[Array, " exchanger"]  # nominal [kg/s]
    m_cold: Float[Array, " exchanger"]  # nominal [kg/s]


class HeatModel(eqx.Module):
    """Where heat goes: links and nodes of all circuits, counted through; fixed during a solve."""

    tail: Int[Array, " link"]
    head: Int[Array, " link"]
    circuit: Int[Array, " link"]
    circuit_of_node: Int[Array, " node"]
    m_scale: Float[Array, " link"]  # a usual flow [kg/s]
    exchangers: Exchangers
    rejection: Int[Array, " rejection"]  # links that leave at a given temperature
    row: Int[Array, " node"]  # of the banded matrix
    width: int = eqx.field(static=True)  # half-width of its band


class HeatState(eqx.Module):
    """What may differ between states: arrays only. Temperatures over the reference."""

    m_flow: Float[Array, " link"]  # [kg/s]
    cp: Float[Array, " circuit"]  # [J/(kg K)]
    heat: Float[Array, " link"]  # wanted of it [W]
    loss: Float[Array, " link"]  # conductance to the air along it [W/K]
    theta_air: Float[Array, " link"]  # [K]
    theta_max: Float[Array, " circuit"]  # that heat warms the liquid to at most [K]
    theta_enter: Float[Array, " node"]  # of what enters the network here [K]
    theta_rest: Float[Array, " circuit"]  # of what neither moves nor is heated [K]
    theta_set: Float[Array, " exchanger"]  # held behind the hot side, -inf where nothing is [K]
    held: Bool[Array, " exchanger"]  # where a valve lets through just what holds it
    fouling: Float[Array, " exchanger"]  # resistance added, m2K/W over 1/U clean [-]
    theta_rejected: Float[Array, " rejection"]  # leaving the rejection, inf where there is none [K]


class Law(eqx.Module):
    """What leaves a link: theta_out = own theta_in + other theta_in of the link it exchanges with
    + constant."""

    own: Float[Array, " link"]
    constant: Float[Array, " link"]
    cold_to_hot: Float[Array, " exchanger"]
    hot_to_cold: Float[Array, " exchanger"]
    kept: Float[Array, " link"]  # share of theta_in that goes on, here or beyond the exchanger [-]

    def leaving(self, entering: Float[Array, " link"], model: HeatModel) -> Float[Array, " link"]:
        """Temperature behind each link [K]."""
        x = model.exchangers
        out = self.own * entering + self.constant
        out = out.at[x.hot].add(self.cold_to_hot * entering[x.cold])
        return out.at[x.cold].add(self.hot_to_cold * entering[x.hot])


def quotient(numerator: Float[Array, "*shape"], denominator: Float[Array, "*shape"]):
    """Quotient, 0 where the denominator is not positive; broadcasts."""
    flows = denominator > 0.0
    return jnp.where(flows, numerator / jnp.where(flows, denominator, 1.0), 0.0)


def capacity_rate(model: HeatModel, state: HeatState) -> Float[Array, " link"]:
    """m cp of every link, whichever way it flows [W/K]."""
    return jnp.abs(state.m_flow) * state.cp[model.circuit]


def upstream(model: HeatModel, state: HeatState) -> Int[Array, " link"]:
    """Node that each link draws from."""
    return jnp.where(state.m_flow >= 0.0, model.tail, model.head)


def downstream(model: HeatModel, state: HeatState) -> Int[Array, " link"]:
    """Node that each link runs into."""
    return jnp.where(state.m_flow >= 0.0, model.head, model.tail)


def conductance(
    m_hot: Float[Array, " exchanger"],
    m_cold: Float[Array, " exchanger"],
    model: HeatModel,
    state: HeatState,
) -> Float[Array, " exchanger"]:
    """Heat per kelvin between the inlets of the exchangers [W/K].

    1/UA = 1/UA_n (1/2 (m_h/m_h,n)^-0.8 + 1/2 (m_c/m_c,n)^-0.8 + fouling)
    """
    x, cp = model.exchangers, state.cp
    clean = ua_at_flows(x.UA, m_hot / x.m_hot, m_cold / x.m_cold)
    UA = 1.0 / (1.0 / clean + state.fouling / x.UA)
    C_hot, C_cold = m_hot * cp[model.circuit[x.hot]], m_cold * cp[model.circuit[x.cold]]
    return conductance_to_inlets(C_hot, C_cold, UA)


def heated_law(
    entering: Float[Array, " link"], model: HeatModel, state: HeatState
) -> tuple[Float[Array, " link"], Float[Array, " link"]]:
    """Slope and constant of what reaches the exchanger of each link, about these inlets.

    What takes heat takes none that would warm it beyond `theta_max`.
    """
    C = capacity_rate(model, state)
    kept = jnp.where(C > 0.0, jnp.exp(-quotient(state.loss, C)), 0.0)
    cooled = state.theta_air + kept * (entering - state.theta_air)
    top, rise = state.theta_max[model.circuit], quotient(state.heat, C)
    full, beyond = (state.heat > 0.0) & (cooled + rise > top), cooled > top
    own = jnp.where(full & ~beyond, 0.0, kept)
    constant = jnp.where(full, 0.0, rise) + (1.0 - kept) * state.theta_air
    return own, jnp.where(full & ~beyond, top, constant)


def modes(
    before: Int[Array, " exchanger"],
    entering: Float[Array, " link"],
    model: HeatModel,
    state: HeatState,
) -> Int[Array, " exchanger"]:
    """Which piece of its law each exchanger is on for these inlets: PASSES, HOLDS or FREE.

    Liquid cooler than the set point passes as it is, and the valve shuts against a warmer cold
    side. Where the valve is `held`, or fully open would cool too far, the set point is held; else
    the exchanger takes what it can. Between the first and the last, HOLDS is tried before: a step
    that skips it would come back for ever.
    """
    C, x = capacity_rate(model, state), model.exchangers
    own, constant = heated_law(entering, model, state)
    heated = own * entering + constant
    hot, cold, share = heated[x.hot], heated[x.cold], _share(model, state)
    controlled = jnp.isfinite(state.theta_set)
    against = (cold > hot + AGAINST) | (C[x.cold] <= 0.0)
    holds = state.held | (hot - share * (hot - cold) < state.theta_set)
    wanted = jnp.where(hot <= state.theta_set, PASSES, jnp.where(holds, HOLDS, FREE))
    skips = jnp.abs(wanted - before) > 1
    wanted = jnp.where(against, PASSES, jnp.where(skips, HOLDS, wanted))
    return jnp.where(controlled, wanted, FREE)


def _share(model: HeatModel, state: HeatState) -> Float[Array, " exchanger"]:
    """Effectiveness of the exchangers, of their hot sides [-]."""
    x, m = model.exchangers, jnp.abs(state.m_flow)
    K = conductance(m[x.hot], m[x.cold], model, state)
    return quotient(K, capacity_rate(model, state)[x.hot])


def law(
    entering: Float[Array, " link"],
    mode: Int[Array, " exchanger"],
    model: HeatModel,
    state: HeatState,
) -> Law:
    """The law of every link about these inlet temperatures; linear between its kinks."""
    C, x = capacity_rate(model, state), model.exchangers
    own, constant = heated_law(entering, model, state)
    share = _share(model, state)
    passes, holds, free = mode == PASSES, mode == HOLDS, mode == FREE
    ratio = quotient(C[x.hot], C[x.cold])
    # Hot side: heated, its set point, or (1 - share) heated + share cold.
    to_hot = jnp.where(passes, 1.0, jnp.where(holds, 0.0, 1.0 - share))
    from_cold = jnp.where(free, share, 0.0)
    set_hot = jnp.where(holds, state.theta_set, 0.0)
    # Cold side: heated + ratio (hot heated - hot leaving).
    to_cold = 1.0 - ratio * from_cold
    from_hot = ratio * (1.0 - to_hot)
    own_hot, own_cold = own[x.hot], own[x.cold]
    constant_hot = to_hot * constant[x.hot] + from_cold * constant[x.cold] + set_hot
    constant_cold = to_cold * constant[x.cold] + from_hot * constant[x.hot] - ratio * set_hot
    gone = jnp.isfinite(state.theta_rejected)
    at = model.rejection
    own_all = own.at[x.hot].set(to_hot * own_hot).at[x.cold].set(to_cold * own_cold)
    constant_all = constant.at[x.hot].set(constant_hot).at[x.cold].set(constant_cold)
    return Law(
        own=own_all.at[at].set(jnp.where(gone, 0.0, own_all[at])),
        constant=constant_all.at[at].set(
            jnp.where(gone, jnp.where(gone, state.theta_rejected, 0.0), constant_all[at])
        ),
        cold_to_hot=from_cold * own_cold,
        hot_to_cold=from_hot * own_hot,
        kept=own.at[at].set(jnp.where(gone, 0.0, own[at])),
    )


def heat_taken(
    entering: Float[Array, " link"], model: HeatModel, state: HeatState
) -> Float[Array, " link"]:
    """Heat that the liquid of each link takes of what is wanted of it [W]."""
    C = capacity_rate(model, state)
    kept = jnp.where(C > 0.0, jnp.exp(-quotient(state.loss, C)), 0.0)
    cooled = state.theta_air + kept * (entering - state.theta_air)
    room = jnp.maximum(state.theta_max[model.circuit] - cooled, 0.0)
    return jnp.where(
        state.heat > 0.0, jnp.minimum(state.heat, C * room), jnp.where(C > 0.0, state.heat, 0.0)
    )

"""Links and nodes -> Network: the arrays of a hydraulic network, and the state that may change."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from geometry.errors import InputError
from thermal.liquid import band
from thermal.liquid.checks import findings_of, group_of
from thermal.liquid.curves import fit_pump
from thermal.liquid.parts import KV_DENSITY, KV_PRESSURE, Control, Coupling, Link, Node

VELOCITY = 1.0  # usual in pipes; what a pipe's flow is compared with [m/s]
HOUR = 3600.0  # [s]


class Pipes(eqx.Module):
    """Straight round pipes; `link` is the link each is a part of."""

    link: Int[Array, " pipe"]
    length: Float[Array, " pipe"]  # [m]
    diameter: Float[Array, " pipe"]  # [m]
    roughness: Float[Array, " pipe"]  # [m]


class Losses(eqx.Module):
    """Resistances dp = dp_nominal (V / V_flow_nominal)^exponent."""

    link: Int[Array, " loss"]
    dp_nominal: Float[Array, " loss"]  # [Pa]
    V_flow_nominal: Float[Array, " loss"]  # [m3/s]
    exponent: Float[Array, " loss"]


class Valves(eqx.Module):
    """Valves with a position; `rangeability` is 0 where they are linear."""

    link: Int[Array, " valve"]
    quadratic: Float[Array, " valve"]  # dp / (rho V^2), fully open [1/m4]
    rangeability: Float[Array, " valve"]


class Pumps(eqx.Module):
    """Pumps, dp = shutoff s^2 - linear s V - quadratic V |V| at relative speed s."""

    link: Int[Array, " pump"]
    group: Int[Array, " pump"]
    shutoff: Float[Array, " pump"]  # [Pa]
    linear: Float[Array, " pump"]  # [Pa s/m3]
    quadratic: Float[Array, " pump"]  # [Pa s2/m6]


class Groups(eqx.Module):
    """Pumps of one speed each; what they are controlled by is p @ of_nodes + m @ of_links."""

    of_nodes: Float[Array, "group node"]
    of_links: Float[Array, "group link"]


class Network(eqx.Module):
    """Arrays of a network, fixed during a solve."""

    tail: Int[Array, " link"]
    head: Int[Array, " link"]
    one_way: Bool[Array, " link"]
    quadratic: Float[Array, " link"]  # fittings and couplings, dp / (rho V |V|) [1/m4]
    m_scale: Float[Array, " link"]  # a usual flow [kg/s]
    p_scale: Float[Array, ""]  # a usual pressure [Pa]
    height: Float[Array, " node"]  # [m]
    fixed: Bool[Array, " node"]  # where a vessel holds the pressure
    pipes: Pipes
    losses: Losses
    valves: Valves
    pumps: Pumps
    groups: Groups
    row: Int[Array, " node"]  # of the banded matrix
    width: int = eqx.field(static=True)  # half-width of its band


class State(eqx.Module):
    """What may differ between states of one network: arrays only, so that states run as a batch."""

    running: Float[Array, " pump"]  # speed over that of its group; 0 stopped
    speed: Float[Array, " group"]  # the most each group may turn, over full speed
    target: Float[Array, " group"]  # of the control, infinite where there is none [Pa or kg/s]
    position: Float[Array, " valve"]  # 0 closed to 1 open
    fouling: Float[Array, " link"]  # factor on all losses of a link
    m_max: Float[Array, " link"]  # held by a valve that throttles, infinite where none does [kg/s]
    p_fixed: Float[Array, " node"]  # gauge, where a vessel holds it [Pa]
    demand: Float[Array, " node"]  # leaves the network [kg/s]
    density: Float[Array, " link"]  # [kg/m3]
    viscosity: Float[Array, " link"]  # [Pa s]


def build(
    links: Sequence[Link],
    nodes: Sequence[Node],
    controls: Sequence[Control] = (),
    *,
    density: float | Sequence[float],
    viscosity: float | Sequence[float],
) -> tuple[Network, State]:
    """A network and its state with everything running and open.

    Density and viscosity are one for all links or one a link. Raises InputError with everything
    that is wrong with it.
    """
    findings = list(findings_of(links, nodes, controls))
    if findings:
        raise InputError(findings)
    index = {node.name: n for n, node in enumerate(nodes)}
    tail = np.array([index[link.tail] for link in links])
    head = np.array([index[link.head] for link in links])
    row, width = band.order(len(nodes), tail, head)
    dense, viscous = (jnp.full(len(links), jnp.asarray(a, float)) for a in (density, viscosity))
    pumps, names = _pumps(links)
    network = Network(
        tail=jnp.asarray(tail),
        head=jnp.asarray(head),
        one_way=jnp.array([link.check for link in links]),
        quadratic=jnp.array([_fixed_quadratic(link) for link in links]),
        m_scale=dense * jnp.array([_usual_flow(link) for link in links]),
        p_scale=jnp.asarray(_usual_pressure(links, nodes)),
        height=jnp.array([float(node.height) for node in nodes]),
        fixed=jnp.array([node.pressure is not None for node in nodes]),
        pipes=_pipes(links),
        losses=_losses(links),
        valves=_valves(links),
        pumps=pumps,
        groups=_groups(controls, names, index, links),
        row=jnp.asarray(row),
        width=width,
    )
    of_group = {control.group: control.target for control in controls}
    state = State(
        running=jnp.ones(len(pumps.link)),
        speed=jnp.ones(len(names)),
        target=jnp.array([of_group.get(name, np.inf) for name in names], float),
        position=jnp.ones(len(network.valves.link)),
        fouling=jnp.ones(len(links)),
        m_max=jnp.full(len(links), np.inf, float),  # not weakly typed, which would compile anew
        p_fixed=jnp.array([node.pressure or 0.0 for node in nodes], float),
        demand=jnp.array([float(node.demand) for node in nodes]),
        density=dense,
        viscosity=viscous,
    )
    return network, state


def _quadratic(coupling):
    """dp / (rho V^2) [1/m4] at Kv: dp = (rho / 1000) (V / Kv)^2 bar, IEC 60534-2-1."""
    return KV_PRESSURE / KV_DENSITY * (HOUR / coupling.Kv) ** 2


def _fixed_quadratic(link):
    """dp / (rho V^2) [1/m4] of the couplings of a link and the fittings of its pipes."""
    fittings = (part.zeta / (2 * _area(part) ** 2) for part in link.pipes)
    return float(sum(fittings) + sum(map(_quadratic, link.couplings)))


def _area(pipe):
    return 0.25 * np.pi * pipe.diameter**2


def _usual_flow(link):
    """A flow [m3/s] of the size that a link is made for."""
    if link.losses:
        return min(loss.V_flow_nominal for loss in link.losses)
    if link.pump:
        return max(link.pump.V_flow)
    if link.pipes:
        return VELOCITY * min(map(_area, link.pipes))
    coefficients = [coupling.Kv for coupling in link.couplings]
    coefficients += [link.valve.Kv] if link.valve else []
    return min(coefficients) / HOUR * 10e3**0.5 / KV_PRESSURE**0.5


def _usual_pressure(links, nodes):
    """The largest pressure [Pa] of a pump or between vessels, or else of one resistance."""
    shutoffs = [max(link.pump.dp) for link in links if link.pump]
    held = [node.pressure for node in nodes if node.pressure is not None]
    losses = [loss.dp_nominal for link in links for loss in link.losses]
    return max([*shutoffs, max(held) - min(held)]) or max([1e4, *losses])


def _places(links, parts):
    """Index of the link of every part, and the parts themselves."""
    found = [(n, part) for n, link in enumerate(links) for part in parts(link) if part is not None]
    return jnp.array([n for n, _ in found], int), [part for _, part in found]


def _column(parts, number):
    return jnp.array([float(getattr(part, number)) for part in parts])


def _pipes(links):
    link, parts = _places(links, lambda a: a.pipes)
    return Pipes(link, *(_column(parts, n) for n in ("length", "diameter", "roughness")))


def _losses(links):
    link, parts = _places(links, lambda a: a.losses)
    return Losses(link, *(_column(parts, n) for n in ("dp_nominal", "V_flow_nominal", "exponent")))


def _valves(links):
    link, parts = _places(links, lambda a: (a.valve,))
    linear = [part.characteristic == "linear" for part in parts]
    return Valves(
        link,
        jnp.array([_quadratic(Coupling(part.Kv)) for part in parts], float),
        jnp.where(jnp.array(linear, bool), 0.0, _column(parts, "rangeability")),
    )


def _pumps(links):
    """Pumps, and the names of their groups."""
    link, parts = _places(links, lambda a: (a.pump,))
    at = [links[n] for n in np.asarray(link)]
    names = list(dict.fromkeys(map(group_of, at)))
    curves = [fit_pump(p.V_flow, p.dp, f"{a.name}.pump") for a, p in zip(at, parts, strict=True)]
    terms = np.array(curves).reshape(-1, 3)
    return Pumps(
        link,
        jnp.array([names.index(group_of(a)) for a in at], int),
        jnp.asarray(terms[:, 0]),
        jnp.asarray(terms[:, 1]),
        jnp.asarray(terms[:, 2]),
    ), names


def _groups(controls, names, index, links):
    of_nodes, of_links = np.zeros((len(names), len(index))), np.zeros((len(names), len(links)))
    for control in controls:
        group = names.index(control.group)
        if control.high is not None:
            of_nodes[group, index[control.high]], of_nodes[group, index[control.low]] = 1.0, -1.0
        for n, link in enumerate(links):
            of_links[group, n] = float(link.name in control.links)
    return Groups(jnp.asarray(of_nodes), jnp.asarray(of_links))

"""Rack loops drawn at random: what other programs solve beside us."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from thermal.liquid.network import HOUR, Network, State, build
from thermal.liquid.parts import Coupling, Link, Node, Pipe, PowerLaw, Pump, Valve

LPM = 1 / 60e3  # litres a minute [m3/s]
DENSITY, VISCOSITY = 1011.8, 1.21e-3  # propylene glycol, 25 % by volume, at 40 degC [kg/m3], [Pa s]
RACKS, UNITS, ROWS = 64, 6, 4  # at most
LINKS, NODES = 5 * RACKS + UNITS + 2 * ROWS, 2 * RACKS + 3  # of random loops with their spares
WIDTH = 20  # of the band of their conductances, at least that of any


@dataclass(frozen=True)
class RackLoop:
    """Racks on units, each pump behind a check valve, and a state of them.

    The network may have spare links behind a dead end after those of the loop.
    """

    name: str
    links: tuple[Link, ...]
    nodes: tuple[Node, ...]
    network: Network
    state: State


def random_loop(seed: int) -> RackLoop:
    """16 to 64 racks in up to four rows on 2 to 6 units, direct or reverse return, with failures.

    Headers are pipes, or quadratic where they join in a ring: there the flow of an all but still
    pipe depends on its friction, and no two programs have one law between laminar and turbulent.
    """
    rng = np.random.default_rng(seed)
    count, rows, units = rng.integers(16, RACKS + 1), rng.integers(1, ROWS + 1), rng.integers(2, 7)
    reverse, ring = rng.random() < 0.5, rows > 1 and rng.random() < 0.5
    dp, exponent = rng.uniform(60e3, 160e3), float(rng.choice([2.0, rng.uniform(1.6, 1.9)]))
    V_flow = np.array_split(rng.uniform(60.0, 400.0, count) * LPM, rows)
    total, head = sum(map(np.sum, V_flow)), rng.uniform(1.6, 2.2) * dp
    share = rng.uniform(1.0, 1.4) * total / units
    links = [_random_unit(rng, n, share, head) for n in range(units)]
    for row, flows in enumerate(V_flow):
        racks = [_random_rack(rng, V, dp, exponent) for V in flows]
        header = _random_fitting(rng, total, dp) if ring else _random_pipe(rng, flows.sum())
        links += row_links(f"row {row}", racks, header, reverse)
    if ring:
        links += _ring([len(flows) for flows in V_flow], header)
    everything = [*links, *_spare_links(links)]
    network, state = build(everything, nodes_of(everything), density=DENSITY, viscosity=VISCOSITY)
    speed = rng.uniform(0.75, 1.0) * rng.uniform(0.95, 1.0, UNITS)
    speed[0] *= rng.choice([1.0, rng.uniform(0.5, 0.9)])  # some too slow for the others
    turned = eqx.tree_at(lambda s: s.running, state, jnp.asarray(speed))
    return RackLoop(
        f"{seed}: {count} racks in {rows} rows{' and a ring' if ring else ''}, {units} units, "
        f"{'reverse' if reverse else 'direct'} return, exponent {exponent:.2f}",
        tuple(links),
        tuple(nodes_of(links)),
        replace(network, width=WIDTH),
        failed(rng, links, turned),
    )


def failed(rng: np.random.Generator, links: Sequence[Link], state: State) -> State:
    """One to three racks shut, one throttled and three fouled; up to two pumps stopped, not all."""
    valved = [n for n, link in enumerate(links) if link.valve]
    racks = [k for k, n in enumerate(valved) if not links[n].pump]  # among the valves
    units = len(valved) - len(racks)
    changes = (state.running, state.position, state.fouling)
    running, position, fouling = (np.array(column) for column in changes)
    chosen = rng.choice(racks, rng.integers(2, 5), replace=False)
    position[chosen[0]], position[chosen[1:]] = rng.uniform(0.1, 0.9), 0.0
    running[rng.choice(units, rng.integers(0, min(3, units)), replace=False)] = 0.0
    fouling[np.array(valved)[rng.choice(racks, 3, replace=False)]] = rng.uniform(1.0, 4.0, 3)
    made = tuple(map(jnp.asarray, (running, position, fouling)))
    return eqx.tree_at(lambda s: (s.running, s.position, s.fouling), state, made)


def row_links(row: str, racks: Sequence[dict], header: dict, reverse: bool) -> list[Link]:
    """Racks across a supply and a return header, between the nodes `supply` and `return`."""
    last = len(racks) - 1
    back = [(f"{row} r{n + 1}", f"{row} r{n}") for n in range(last)]
    ends = [("supply", f"{row} s0"), (f"{row} r{last if reverse else 0}", "return")]
    ends += [(f"{row} s{n}", f"{row} s{n + 1}") for n in range(last)]
    ends += [(b, a) for a, b in back] if reverse else back
    across = [
        Link(f"{row} rack {n}", f"{row} s{n}", f"{row} r{n}", **parts)
        for n, parts in enumerate(racks)
    ]
    return across + [Link(f"{a} to {b}", a, b, **header) for a, b in ends]


def nodes_of(links: Sequence[Link]) -> list[Node]:
    """The nodes that links end at; a vessel holds the pressure of the return."""
    names = dict.fromkeys(end for link in links for end in (link.tail, link.head))
    return [Node(name, pressure=0.0 if name == "return" else None) for name in names]


def _ring(racks: Sequence[int], header: dict) -> list[Link]:
    """Headers of neighbouring rows of so many racks joined at their far ends."""
    far = [[f"row {row} {side}{count - 1}" for row, count in enumerate(racks)] for side in "sr"]
    ends = [pair for side in far for pair in itertools.pairwise(side)]
    return [Link(f"{a} to {b}", a, b, **header) for a, b in ends]


def _spare_links(links: Sequence[Link]) -> list[Link]:
    """A chain from the return to a dead end that makes up the numbers of parts, links and nodes."""
    pump = next(link.pump for link in links if link.pump)
    units = sum(bool(link.pump) for link in links)
    parts: list[dict[str, Any]] = [{"valve": Valve(1.0), "pump": pump, "check": True}]
    parts *= UNITS - units
    racks = sum(bool(link.losses) for link in links)
    parts += [{"losses": (PowerLaw(1e5, 1e-3),), "valve": Valve(1.0)}] * (RACKS - racks)
    parts += [{"pipes": (Pipe(1.0, 0.1),)}] * (2 * RACKS - sum(len(a.pipes) for a in links))
    parts += [{"couplings": (Coupling(1.0),)}] * (LINKS - len(links) - len(parts))
    chain = ["return", *(f"spare {n}" for n in range(NODES - len(nodes_of(links))))]
    ends = list(itertools.pairwise(chain))
    ends += [(chain[0], chain[1])] * (len(parts) - len(ends))
    return [
        Link(f"spare link {n}", *pair, **kind)
        for n, (pair, kind) in enumerate(zip(ends, parts, strict=True))
    ]


def _unit(number: int, pump: Pump, valve: Valve) -> Link:
    return Link(f"unit {number}", "return", "supply", valve=valve, pump=pump, check=True)


def _random_rack(rng: np.random.Generator, V_flow: float, dp: float, exponent: float) -> dict:
    """Cold plates that take 70 % of the pressure, quick disconnects and a valve the rest."""
    own = rng.uniform(0.9, 1.1) * dp
    Kv = V_flow * HOUR / (0.15 * own / 1e5) ** 0.5
    loss = PowerLaw(0.7 * own, V_flow, exponent)
    return {"losses": (loss,), "couplings": (Coupling(Kv),), "valve": Valve(Kv)}


def _random_pipe(rng: np.random.Generator, V_flow: float) -> dict:
    """A piece of header for this flow at 1 to 2.5 m/s, with a tee."""
    diameter = (V_flow / rng.uniform(1.0, 2.5) / (0.25 * np.pi)) ** 0.5
    return {"pipes": (Pipe(rng.uniform(0.6, 1.2), diameter, zeta=rng.uniform(0.1, 0.6)),)}


def _random_fitting(rng: np.random.Generator, V_flow: float, dp: float) -> dict:
    """A piece of header that loses 0.1 to 0.5 % of what a rack does, at this flow."""
    return {"couplings": (Coupling(V_flow * HOUR / (rng.uniform(1e-3, 5e-3) * dp / 1e5) ** 0.5),)}


def _random_unit(rng: np.random.Generator, number: int, V_flow: float, head: float) -> Link:
    """A unit whose pump loses 20 to 45 % of its head until its rated flow."""
    drop = rng.uniform(0.2, 0.45)
    flows = np.array([0.0, 0.5, 1.0]) * rng.uniform(0.9, 1.1) * V_flow
    heads = head * (1 - drop * np.array([0.0, rng.uniform(0.25, 0.45), 1.0]))
    Kv = V_flow * HOUR / (0.05 * head / 1e5) ** 0.5
    return _unit(number, Pump(tuple(flows), tuple(heads)), Valve(Kv))

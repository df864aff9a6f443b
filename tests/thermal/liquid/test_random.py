"""Networks of random topology and state: all are solved, and what is called converged holds.

    REHALL_FUZZ=1000 pytest --hypothesis-show-statistics tests/thermal/liquid/test_random.py

solves that many, other ones each time, and tells how many had which control.
"""

import os
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from thermal.liquid.equations import bounds, driving, net_inflow
from thermal.liquid.hydraulics import solve_flows
from thermal.liquid.laws import net_loss
from thermal.liquid.network import build
from thermal.liquid.parts import Control, Link, Node, Pipe, PowerLaw, Pump, Valve

NETWORKS = int(os.environ.get("REHALL_FUZZ", "60"))
REPEATABLE = "REHALL_FUZZ" not in os.environ
NODES, PUMPS, PIPES, RACKS = 9, 4, 6, 6
STATES = 4
solve = eqx.filter_jit(jax.vmap(solve_flows, (None, 0)))


def sizes(low, high):
    """Numbers spread evenly over their decades."""
    return st.floats(np.log10(low), np.log10(high)).map(lambda power: float(10.0**power))


POSITIVE = {
    "pump": (sizes(1e-4, 0.03), sizes(3e4, 1e6)),  # flow, shut-off
    "pipe": (sizes(0.1, 500.0), sizes(0.01, 0.4), st.floats(0.0, 9.0)),
    "rack": (sizes(1e3, 3e5), sizes(1e-4, 0.02), st.floats(1.0, 2.0), sizes(1.0, 300.0)),
}
KINDS = ["pump"] * PUMPS + ["pipe"] * PIPES + ["rack"] * RACKS


@st.composite
def networks(draw):
    """Numbers of a tree of links with more across it, as many of each kind in every network.

    Plain numbers, from which `made` makes the network: one compiled solve serves all.
    """
    ends = [(draw(st.integers(0, n - 1)), n) for n in range(1, NODES)]
    pair = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 2))
    while len(ends) < len(KINDS):
        tail, other = draw(pair)
        ends.append((tail, other + (other >= tail)))
    ends = [draw(st.sampled_from([(a, b), (b, a)])) for a, b in draw(st.permutations(ends))]
    numbers = [draw(st.tuples(*POSITIVE[kind])) for kind in KINDS]
    checks = draw(st.lists(st.booleans(), min_size=len(KINDS), max_size=len(KINDS)))
    held = [n == 0 or draw(st.integers(0, 9)) == 0 for n in range(NODES)]
    pressures = [draw(st.floats(0.0, 3e5)) if holds else None for holds in held]
    heights = draw(st.lists(st.floats(0.0, 10.0), min_size=NODES, max_size=NODES))
    control = draw(st.sampled_from(["none", "pressure", "flow"])), draw(sizes(0.01, 30.0))
    linear = draw(st.booleans())
    return ends, numbers, checks, heights, pressures, control, linear


def made(ends, numbers, checks, heights, pressures, control, linear):
    """The network of these numbers, and its state with everything running and open."""
    parts = {
        "pump": lambda V, dp: {"pump": Pump((0.0, V / 2, V), (dp, 0.9 * dp, dp / 2))},
        "pipe": lambda length, d, zeta: {"pipes": (Pipe(length, d, zeta=zeta),)},
        "rack": lambda dp, V, exponent, Kv: {
            "losses": (PowerLaw(dp, V, exponent),),
            "valve": Valve(Kv, "linear" if linear else "equal_percentage"),
        },
    }
    links = [
        Link(f"l{n}", f"n{a}", f"n{b}", check=check, **parts[kind](*values))
        for n, ((a, b), kind, values, check) in enumerate(
            zip(ends, KINDS, numbers, checks, strict=True)
        )
    ]
    nodes = [Node(f"n{n}", z, p) for n, (z, p) in enumerate(zip(heights, pressures, strict=True))]
    kind, target = control
    controls = {
        "none": [],
        "pressure": [Control("l0", 1e4 * target, high=links[0].head, low=links[0].tail)],
        "flow": [Control("l0", target, links=("l0",))],
    }
    return build(links, nodes, controls[kind], density=1000.0, viscosity=1e-3)


def some_states(state, seed):
    """States with stopped and slow pumps, closed valves, fouled links and throttled flows."""
    rng = np.random.default_rng(seed)

    def one():
        def mixed(values, often, low, high):
            changed = rng.random(values.shape) < often
            return jnp.where(changed, rng.choice([low, high], values.shape), values)

        changes = (
            mixed(state.running, 0.4, 0.0, rng.random()),
            mixed(state.position, 0.4, 0.0, rng.random()),
            mixed(state.fouling, 0.1, 4.0, 1.5),
            mixed(state.m_max, 0.1, 0.0, 10 ** rng.uniform(-2, 1)),
        )
        return eqx.tree_at(lambda s: (s.running, s.position, s.fouling, s.m_max), state, changes)

    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *[one() for _ in range(STATES)])


@settings(max_examples=NETWORKS, deadline=None, derandomize=REPEATABLE)
@given(network=networks(), seed=st.integers(0, 2**31))
def test_random_networks_are_solved_in_every_state(network, seed):
    arrays, state = made(*network)
    wide = replace(arrays, row=jnp.arange(NODES), width=NODES - 1)  # one shape for all
    states = some_states(state, seed)
    flows = solve(wide, states)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(flows))
    event(f"control: {network[5][0]}")
    # A control has a solution too: what it measures is met, or its speed is at a bound.
    assert bool(flows.converged.all())
    for n in range(STATES):
        one, at = jax.tree.map(lambda leaf, n=n: leaf[n], (flows, states))
        net = np.where(wide.fixed, 0.0, net_inflow(one.m_flow, wide))
        np.testing.assert_allclose(net, 0.0, atol=1e-9 * float(wide.m_scale.max()))
        limits, room = bounds(wide, at), 1e-7 * np.asarray(wide.m_scale)
        assert (one.m_flow >= limits.least - room).all()
        assert (one.m_flow <= limits.most + room).all()
        inside = (one.m_flow > limits.least + room) & (one.m_flow < limits.most - room)
        missed = net_loss(one.m_flow, one.speed, wide, at) - driving(one.p, wide, at)
        np.testing.assert_allclose(np.where(inside, missed, 0.0), 0.0, atol=1e-7 * wide.p_scale)

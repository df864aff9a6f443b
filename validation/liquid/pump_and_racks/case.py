import equinox as eqx
import jax.numpy as jnp

from rehall.validation import Outcome, Row, read_reference
from thermal.liquid.hydraulics import solve_flows
from thermal.liquid.network import Network, State, build
from thermal.liquid.parts import Link, Node, PowerLaw, Pump

BAR, HOUR, DENSITY = 1e5, 3600.0, 1011.8  # [Pa], [s], [kg/m3]
HEADER, RACKS = 6e-6, [4.6e-3] * 12 + [9.2e-3] * 4  # dp = k Q^2 [bar/(m3/h)^2]
STATES = {  # pumps that run, whether the first rack is open
    "normal": ([1.0, 1.0], True),
    "one rack isolated": ([1.0, 1.0], False),
    "one pump lost": ([0.0, 1.0], True),
}
solve = eqx.filter_jit(solve_flows)


def loss(k: float, Q: float) -> PowerLaw:
    return PowerLaw(k * BAR * Q**2, Q / HOUR, 2.0)


def network() -> tuple[Network, State]:
    """Two pumps, the common header, the racks."""
    flows = (0.0, 60.0, 120.0, 170.0)
    heads = tuple((4.0 - 1.2e-4 * Q**2) * BAR for Q in flows)
    pump = Pump(tuple(Q / HOUR for Q in flows), heads, group="both")
    links = [Link(f"pump {n}", "return", "discharge", pump=pump, check=True) for n in range(2)]
    links.append(Link("header", "discharge", "supply", losses=(loss(HEADER, 100.0),)))
    links += [
        Link(f"rack {n}", "supply", "return", losses=(loss(k, 15.0),)) for n, k in enumerate(RACKS)
    ]
    nodes = [Node("return", pressure=0.0), Node("discharge"), Node("supply")]
    return build(links, nodes, density=DENSITY, viscosity=1.21e-3)


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    (racks, normal), rows = network(), []
    for number, state in enumerate(table["state"]):
        running, is_open = STATES[state]
        changes = jnp.array(running), normal.m_max.at[3].set(jnp.inf if is_open else 0.0)
        flows = solve(racks, eqx.tree_at(lambda s: (s.running, s.m_max), normal, changes))
        Q = flows.m_flow / DENSITY * HOUR
        ours = {
            "total flow": (Q[2], "total_m3_h", "m3/h"),
            "pressure over the racks": (flows.p[2] / BAR, "rack_dp_bar", "bar"),
            "pressure over the pumps": (flows.p[1] / BAR, "pump_dp_bar", "bar"),
            "pressure along the header": ((flows.p[1] - flows.p[2]) / BAR, "header_dp_bar", "bar"),
            "flow of a rack of twelve": (Q[4], "rack_1_m3_h", "m3/h"),
            "flow of a rack of four": (Q[18], "rack_2_m3_h", "m3/h"),
        }
        for quantity, (value, column, unit) in ours.items():
            rows.append(
                Row(
                    quantity,
                    float(value),
                    float(table[column][number]),
                    1e-6,
                    unit=unit,
                    relative=True,
                    at=state,
                    source="closed form; pandapipes 0.16.0",
                )
            )
    return Outcome(rows)

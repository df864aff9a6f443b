import jax.numpy as jnp

from rehall.validation import Outcome, Row, read_reference
from thermal.fans import Curve
from thermal.liquid.components import Branches, Pipes, Pumps
from thermal.liquid.hydraulics import Network, solve_flows

BAR, HOUR = 1e5, 3600.0  # [Pa], [s]
HEADER, RACKS = 6e-6, [4.6e-3] * 12 + [9.2e-3] * 4  # dp = k Q^2 [bar/(m3/h)^2]
STATES = {  # pumps that run, opening of the valve of the first rack
    "normal": ([1.0, 1.0], 1.0),
    "one rack isolated": ([1.0, 1.0], 0.0),
    "one pump lost": ([0.0, 1.0], 1.0),
}


def network() -> Network:
    """Node 0 is the discharge, 1 lies behind the common header, 2 is the return."""
    k = jnp.array([HEADER, *RACKS]) * BAR * HOUR**2
    nominal = jnp.array([100.0] + [15.0] * 16) / HOUR
    branches = Branches(
        tail=jnp.array([0] + [1] * 16),
        head=jnp.array([1] + [2] * 16),
        dp_nominal=k * nominal**2,
        V_flow_nominal=nominal,
        exponent=jnp.full(17, 2.0),
    )
    pumps = Pumps(
        tail=jnp.full(2, 2),
        head=jnp.zeros(2, int),
        curve=Curve(jnp.full(2, 4.0 * BAR), jnp.full(2, 1.2e-4 * BAR * HOUR**2)),
        V_flow_nominal=jnp.full(2, 130.0 / HOUR),
        efficiency=jnp.full(2, 0.7),
    )
    none = jnp.zeros(0, int)
    pipes = Pipes(none, none, jnp.zeros(0), jnp.ones(0), jnp.zeros(0))
    density, viscosity, speed = jnp.asarray(1011.8), jnp.asarray(1.21e-3), jnp.asarray(1.0)
    return Network(pumps, branches, pipes, density, viscosity, speed, "speed", 3, 0, 2)


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    racks, rows = network(), []
    for number, state in enumerate(table["state"]):
        running, first = STATES[state]
        flows = solve_flows(racks, jnp.array(running), jnp.ones(17).at[1].set(first))
        ours = {
            "total flow": (flows.V_branch[0] * HOUR, "total_m3_h", "m3/h"),
            "pressure over the racks": ((flows.p[1] - flows.p[2]) / BAR, "rack_dp_bar", "bar"),
            "pressure over the pumps": ((flows.p[0] - flows.p[2]) / BAR, "pump_dp_bar", "bar"),
            "flow of a rack of twelve": (flows.V_branch[2] * HOUR, "rack_1_m3_h", "m3/h"),
            "flow of a rack of four": (flows.V_branch[16] * HOUR, "rack_2_m3_h", "m3/h"),
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

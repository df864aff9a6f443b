from dataclasses import replace

import numpy as np

from geometry.hall import Box, Device, Hall, Opening
from rehall.validation import Outcome, Row, read_reference
from thermal.air.room import Room, lay

T_REF = 293.15  # [K]

SIDE, LENGTH, FLOW = 0.8, 3.2, 0.5  # [m], [m], [m3/s]
PARTS = np.array([0.4, 0.3, 0.2, 0.1])  # of the flow, from the floor up
HEATS = np.array([500.0, 1500.0, 1000.0, 1000.0])  # [W]
SOURCE = "dT = Q / (m cp)"


def duct(cell: float) -> Room:
    hall = Hall(
        (LENGTH, SIDE, SIDE),
        devices=(Device("rack", "rack", Box((1.2, 0.0, 0.0), (1.8, SIDE, SIDE)), "-x", "+x"),),
        openings=(
            Opening("supply", "supply", Box((0.0, 0.0, 0.0), (0.0, SIDE, SIDE))),
            Opening("out", "outdoor", Box((LENGTH, 0.0, 0.0), (LENGTH, SIDE, SIDE)), 3.0),
        ),
    )
    return lay(hall, cell, T_ref=T_REF, turbulence="zero_equation")


def rise_at_exit(solution) -> float:
    """Temperature of the air that leaves, weighted with its mass flow, above the supply [K]."""
    u, T = np.asarray(solution.state.u)[-1], np.asarray(solution.state.T)[-1]
    return float(u.sum() / (u / T).sum()) - T_REF


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    laid = duct(0.2)
    even = laid.inputs(
        V_flow={"supply": FLOW, "rack": FLOW}, heat={"rack": 6000.0}, T_set={"supply": T_REF}
    )
    layers = laid.streams.of("rack")
    uneven = replace(
        even,
        V_flow=even.V_flow.at[layers].set(FLOW * PARTS),
        heat=even.heat.at[layers].set(HEATS),
    )
    settled = {"energy": 1e-3, "drift": 0.02}
    first, second = laid.settled(even, **settled), laid.settled(uneven, **settled)
    ours = [rise_at_exit(first), rise_at_exit(second), *(second.T_out[layers] - T_REF)]
    rows = [
        Row(str(name), float(mine), value, 0.01, unit="K", relative=True, source=SOURCE)
        for name, mine, value in zip(table["quantity"], ours, table["value"], strict=True)
    ]
    balance = Row("open energy balance", first.energy_error, 0.0, 0.002, source="conservation")
    return Outcome([*rows, balance])

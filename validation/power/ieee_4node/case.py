import itertools
import math

import numpy as np

from power import Line, Load, Transformer, Utility, build, solve
from power.solve import PowerState
from rehall.validation import Outcome, read_reference, worst

LIMIT = 5e-4
FOOT, MILE = 0.3048, 1609.344  # [m]
PRIMARY, SECONDARY = 12470.0, {"step_down": 4160.0, "step_up": 24900.0}  # [V]
RATING, LOAD, POWER_FACTOR = 6e6, 5.4e6, 0.9  # [VA], [W], [-]
SELF = {  # of the phases [ohm/mile]
    "Y": (0.4576 + 1.0780j, 0.4666 + 1.0482j, 0.4615 + 1.0651j),
    "D": (0.4013 + 1.4133j,) * 3,
}
MUTUAL = {
    "Y": (0.1559 + 0.5017j, 0.1535 + 0.3849j, 0.1580 + 0.4236j),
    "D": (0.0953 + 0.8515j, 0.0953 + 0.7266j, 0.0953 + 0.7802j),
}
TURN = np.exp(2j * np.pi / 3 * np.arange(3))


def line(name: str, feed: str, voltage: float, feet: float, wires: str) -> Line:
    per_mile = np.mean(SELF[wires]) - np.mean(MUTUAL[wires])
    return Line(
        name=name,
        fed_by=(feed,),
        voltage=voltage,
        rating=RATING,
        length=feet * FOOT,
        resistance=per_mile.real / MILE,
        reactance=per_mile.imag / MILE,
        kind="cable",
    )


def solved(direction: str, connection: str) -> dict[str, float]:
    """Line-to-line voltage by the node's number [V]."""
    secondary = SECONDARY[direction]
    transformer = Transformer(
        name="3",
        fed_by=("2",),
        voltage=secondary,
        rating=RATING,
        impedance=math.hypot(0.01, 0.06),
        no_load_loss=0.0,
        load_loss=0.01 * RATING,
    )
    nodes = [
        Utility(name="1", voltage=PRIMARY),
        line("2", "1", PRIMARY, 2000.0, connection[0]),
        transformer,
        line("4", "3", secondary, 2500.0, connection[1]),
    ]
    model = build(nodes, [Load(name="load", feeds=("4",), power_factor=POWER_FACTOR)])
    state: PowerState = solve(model, [LOAD])
    return {node.name: float(v) for node, v in zip(nodes, state.voltage, strict=True)}


def published(table: dict[str, np.ndarray], *at: object) -> float:
    """Positive sequence of three voltages, line to line [V]."""
    keys = ("direction", "connection", "node")
    rows = np.all([table[key] == value for key, value in zip(keys, at, strict=True)], axis=0)
    volts = table["V"][rows] * np.exp(1j * np.radians(table["angle_deg"][rows]))
    to_neutral = (table["kind"][rows] == "LN").all()
    return abs(np.sum(volts * TURN)) / 3 * (math.sqrt(3.0) if to_neutral else 1.0)


def run(reduced: bool) -> Outcome:
    table, rows = read_reference(__file__), []
    for direction, connection in itertools.product(SECONDARY, ("YY", "DY", "YD", "DD")):
        ours = solved(direction, connection)
        reference = [published(table, direction, connection, node) for node in (2, 3, 4)]
        row = worst(
            f"positive-sequence voltage, {direction.replace('_', ' ')} {connection}",
            [ours[node] / one for node, one in zip("234", reference, strict=True)],
            [1.0] * 3,
            LIMIT,
            at=[f"node {node}" for node in "234"],
            unit="of published",
            source="IEEE PES test feeders",
        )
        rows.append(row)
    return Outcome(rows)

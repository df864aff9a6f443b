import math
from dataclasses import replace

import numpy as np

from power import Board, Line, Load, Node, PowerModel, PowerState, Utility, build, checks, solve
from power.rules import neutral
from rehall.validation import Outcome, Row, read_reference

VOLTAGE, BREAKER = 415.0, 600.0  # [V], [A]
UNITS, UNIT, POWER_FACTOR, THIRD = {"a": 30, "b": 27, "c": 24}, 3550.0, 0.99, 0.12
RATING = math.sqrt(3.0) * VOLTAGE * BREAKER  # [VA]
GRID = Utility(name="grid", voltage=VOLTAGE)
PANEL = Board(name="panel", fed_by=("grid",), voltage=VOLTAGE, rating=RATING)
FEEDER = Line(
    name="panel",
    fed_by=("grid",),
    voltage=VOLTAGE,
    rating=RATING,
    length=1.0,
    resistance=0.006,
    reactance=0.005,
    zero_resistance=0.018,
    zero_reactance=0.013,
)
SOURCE = {"nominal": "phasor arithmetic", "feeder": "fixed point; two load-flow programs"}


def solved(panel: Node, third: float) -> tuple[PowerModel, PowerState]:
    load = Load(name="units", feeds=("panel",), power_factor=POWER_FACTOR, third=third)
    loads = [replace(load, name=f"units {phase}", phases=phase) for phase in UNITS]
    model = build([GRID, panel], loads)
    return model, solve(model, [UNIT * units for units in UNITS.values()])


def figures(panel: Node) -> dict[str, float]:
    (model, state), (with_third, _) = solved(panel, 0.0), solved(panel, THIRD)
    current, rules = (
        state.current[1],
        {c.rule: c for c in checks(model, state) if c.node == "panel"},
    )
    turn = np.exp(2j * np.pi / 3 * np.arange(3))
    return {
        **{f"current of phase {phase}": abs(i) for phase, i in zip("abc", current, strict=True)},
        "neutral": neutral(model, state)[1],
        "unbalance": 100 * rules["phase unbalance"].value,
        "negative over positive sequence": 100 * abs(sum(current / turn) / sum(current * turn)),
        "neutral with third harmonic": neutral(with_third, state)[1],
        "capacity used": 100 * rules["loading"].value / rules["loading"].limit,
        "lowest voltage to neutral": state.voltage[1] / math.sqrt(3.0),
        "voltage drop": 100 * state.own_drop[1],
    }


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    ours = {"nominal": figures(PANEL), "feeder": figures(FEEDER)}
    names = ("case", "quantity", "value", "unit", "limit")
    columns = zip(*(table[name] for name in names), strict=True)
    return Outcome(
        [
            Row(
                quantity,
                float(ours[case][quantity]),
                value,
                limit,
                unit=unit,
                relative=True,
                at=case,
                source=SOURCE[case],
            )
            for case, quantity, value, unit, limit in columns
        ]
    )

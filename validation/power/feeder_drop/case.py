import math

from power import Line, Load, Utility, build, solve
from rehall.validation import Outcome, Row, read_reference

SOURCE = "quartic of the constant-power load; pandapower 3.5.6"


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    whip = Line(
        name="whip",
        fed_by=("grid",),
        voltage=415.0,
        rating=143.8e3,
        length=80.0,
        resistance=0.16e-3,
        reactance=0.085e-3,
        kind="whip",
    )
    load = Load(name="rack", feeds=("whip",), power_factor=0.98)
    model = build([Utility(name="grid", voltage=415.0), whip], [load])
    state, place = solve(model, [113.2e3]), model.index["whip"]
    ours = {
        "receiving voltage": state.voltage[place],
        "voltage drop": 100 * state.own_drop[place],
        "current": state.load[place] / (math.sqrt(3) * 415.0),
        "loss of the line": state.losses[place],
    }
    return Outcome(
        [
            Row(name, float(ours[name]), value, 1e-5, unit=unit, relative=True, source=SOURCE)
            for name, value, unit in zip(
                table["quantity"], table["value"], table["unit"], strict=True
            )
        ]
    )

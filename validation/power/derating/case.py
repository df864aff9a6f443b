import math

import numpy as np

from power import Line, Load, Utility, build, checks, solve
from power.capacity import capacity, conductor_factor
from rehall.validation import Outcome, Row, read_reference

VOLTAGE, BREAKER, AMPACITY = 415.0, 100.0, 115.0  # [V], [A], [A]
AMBIENT, INSULATION = 323.15, 363.15  # [K]
SHELF = 110e3 / 0.975  # [W]
SOURCE = "arithmetic; NEC 310.15(B)(1), 210.20(A)"


def run(reduced: bool) -> Outcome:
    table, amperes = read_reference(__file__), math.sqrt(3.0) * VOLTAGE
    whips = [
        Line(
            name=name,
            fed_by=("grid",),
            voltage=VOLTAGE,
            rating=BREAKER * amperes,
            derating=((313.15, 1.0), (AMBIENT, 0.96)),
            length=0.0,
            resistance=0.0,
            reactance=0.0,
            ampacity=AMPACITY,
            insulation=INSULATION,
            kind="whip",
        )
        for name in ("whip 1", "whip 2")
    ]
    shelf = Load(name="shelf", feeds=("whip 1", "whip 2"), power_factor=0.99)
    model = build([Utility(name="grid", voltage=VOLTAGE), *whips], [shelf])
    state, place = solve(model, [SHELF]), model.index["whip 1"]
    hot = capacity(model, state, np.full(len(model.nodes), AMBIENT))
    rated, warm = (
        {check.rule: check for check in checks(model, state, limits) if check.node == "whip 1"}
        for limits in (None, hot)
    )
    ours = {
        "ambient factor of the conductor": conductor_factor(AMBIENT, INSULATION),
        "ampacity of the conductor": hot.conductor[place] / amperes,
        "continuous limit of the breaker": hot.device[place] / amperes,
        "current": warm["loading"].value / amperes,
        "breaker holds as rated": rated["loading"].holds,
        "breaker holds at 50 degC": warm["loading"].holds,
        "conductor holds at 50 degC": warm["conductor"].holds,
    }
    columns = (table[name] for name in ("quantity", "value", "unit"))
    return Outcome(
        [
            Row(name, float(ours[name]), value, 1e-6, unit=unit, source=SOURCE, relative=value > 1)
            for name, value, unit in zip(*columns, strict=True)
        ]
    )

import math

from power import Board, Load, Utility, build, checks, solve
from rehall.validation import Outcome, Row, read_reference


def loading(voltage: float) -> tuple[float, float, bool]:
    """Current and limit of a whip [A] at a voltage [V], and whether the check holds."""
    amperes = math.sqrt(3) * voltage
    whips = [
        Board(name=name, fed_by=("grid",), voltage=voltage, rating=100.0 * amperes)
        for name in ("whip 1", "whip 2")
    ]
    shelf = Load(name="shelf", feeds=("whip 1", "whip 2"), power_factor=0.99)
    model = build([Utility(name="grid", voltage=voltage), *whips], [shelf])
    state = solve(model, [110e3 / 0.975])
    found = next(c for c in checks(model, state) if c.node == "whip 1" and c.rule == "loading")
    return found.value / amperes, found.limit / amperes, found.holds


def run(reduced: bool) -> Outcome:
    table, rows = read_reference(__file__), []
    columns = (table[name] for name in ("voltage_V", "current_A", "limit_A", "holds"))
    for voltage, current, limit, holds in zip(*columns, strict=True):
        ours = loading(float(voltage))
        at = f"{voltage:.0f} V"
        shared = {"at": at, "source": "arithmetic; NEC 80 % rule"}
        rows += [
            Row("current of a whip", ours[0], current, 1e-6, "A", relative=True, **shared),
            Row("limit of a whip", ours[1], limit, 1e-6, "A", relative=True, **shared),
            Row("rule holds (1) or not (0)", float(ours[2]), holds, 0.0, **shared),
        ]
    return Outcome(rows)

import math

import numpy as np

from power import Board, Failure, Line, Load, PowerModel, Transformer, Utility, build, states_of
from power.short_circuit import short_circuit
from power.states import energise
from rehall.validation import Outcome, Row, read_reference

SOURCES = {"lv_board": "closed form; pandapower 3.5.6", "lv_trafo": "PowerFactory, by pandapower"}
TOLERANCE = {"lv_board": 0.10, "lv_trafo": 0.06}


def lv_board() -> PowerModel:
    """A board at 415 V and a panel behind a cable."""
    V = 415.0
    unit = Transformer(
        name="TX",
        fed_by=("grid",),
        voltage=V,
        rating=2.5e6,
        impedance=0.0575,
        no_load_loss=1575.0,
        load_loss=18.5e3,
    )
    board = Board(name="board", fed_by=("TX",), voltage=V, rating=2.5e6)
    cable = Line(
        name="panel",
        fed_by=("board",),
        voltage=V,
        rating=500e3,
        length=1.0,
        resistance=0.9e-3,
        reactance=2.1e-3,
        kind="cable",
    )
    grid = Utility(name="grid", voltage=13.8e3, short_circuit_power=500e6, r_over_x=0.1)
    return build([grid, unit, board, cable], [Load(name="rack", feeds=("panel",))])


def lv_trafo() -> PowerModel:
    """The terminals of a transformer at 400 V."""
    unit = Transformer(
        name="TX",
        fed_by=("grid",),
        voltage=400.0,
        rating=400e3,
        impedance=0.06,
        no_load_loss=0.0,
        load_loss=0.005 * 400e3,
    )
    grid = Utility(name="grid", voltage=10e3, short_circuit_power=100e6, r_over_x=0.1)
    return build([grid, unit], [Load(name="rack", feeds=("TX",))])


def fault(model: PowerModel, tolerance: float) -> dict[str, np.ndarray]:
    """Current [A], peak [A] and factor of the peak [-] at every node in the normal state."""
    state = energise(model, states_of(model, [Failure()]))
    found = short_circuit(model, state.live[0], state.fed_from[0], tolerance)
    kappa = found.peak / (math.sqrt(2) * found.largest)
    return {"largest": found.largest, "peak": found.peak, "kappa": kappa}


def run(reduced: bool) -> Outcome:
    table, rows = read_reference(__file__), []
    models = {"lv_board": lv_board(), "lv_trafo": lv_trafo()}
    ours = {name: fault(model, TOLERANCE[name]) for name, model in models.items()}
    columns = ("case", "quantity", "at", "value", "unit", "limit")
    for case, quantity, at, value, unit, limit in zip(*(table[c] for c in columns), strict=True):
        case, quantity = str(case), str(quantity)
        current = float(ours[case][quantity][models[case].index[str(at)]])
        where = f"{case}, {at}"
        shared = {"unit": str(unit), "relative": True, "at": where, "source": SOURCES[case]}
        rows.append(Row(quantity, current, float(value), float(limit), **shared))
    return Outcome(rows)

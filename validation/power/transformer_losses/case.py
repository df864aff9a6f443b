import math

from power import Load, Transformer, Utility, build, solve
from power.components import transformer_loss
from rehall.validation import Outcome, Row, read_reference

RATING, LOAD, POWER_FACTOR = 2.5e6, 1.8e6, 0.99  # [VA], [W], [-]
P0, PK = 1575.0, 18500.0  # [W]
SOURCE = "closed form; pandapower and power-grid-model"


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    unit = Transformer(
        name="TX",
        fed_by=("grid",),
        voltage=415.0,
        rating=RATING,
        impedance=0.06,
        no_load_loss=P0,
        load_loss=PK,
        no_load_current=0.003,
    )
    loss = transformer_loss(unit, LOAD / POWER_FACTOR)
    best = math.sqrt(P0 / PK) * RATING
    grid = Utility(name="grid", voltage=13.8e3)
    model = build([grid, unit], [Load(name="hall", feeds=("TX",), power_factor=POWER_FACTOR)])
    state, place = solve(model, [LOAD]), model.index["TX"]
    ours = {
        "loss, formula": loss,
        "efficiency, formula": 100 * LOAD / (LOAD + loss),
        "best efficiency at unity power factor": 100 / (1 + transformer_loss(unit, best) / best),
        "voltage, load flow": float(state.voltage[place]) / 415.0,
        "loss, load flow": float(state.losses[place]),
    }
    columns = (table[name] for name in ("quantity", "value", "unit", "limit"))
    return Outcome(
        [
            Row(name, ours[name], value, limit, unit=unit, relative=True, source=SOURCE)
            for name, value, unit, limit in zip(*columns, strict=True)
        ]
    )

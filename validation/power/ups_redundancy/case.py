import numpy as np

from power import Load, Ups, Utility, build, solve
from rehall.validation import Outcome, read_reference, worst

LOSS = (0.006, 0.012, 0.013)
SOURCE = "arithmetic"


def systems(names: str, rating: float) -> list:
    grid = Utility(name="grid", voltage=415.0)
    return [grid] + [
        Ups(name=name, fed_by=("grid",), voltage=415.0, rating=rating, loss_coefficients=LOSS)
        for name in names
    ]


def two_n() -> tuple:
    """Model and load powers [W] of ten racks on two systems."""
    racks = [Load(name=f"r{i}", feeds=("A", "B"), power_factor=1.0) for i in range(10)]
    return build(systems("AB", 2.5e6), racks), [227e3 / 0.975] * 10


def distributed() -> tuple:
    """Model and load powers [W] of three groups on three systems."""
    groups = [Load(name=pair, feeds=tuple(pair), power_factor=1.0) for pair in ("AB", "BC", "CA")]
    return build(systems("ABC", 1.5e6), groups), [900e3, 1000e3, 800e3]


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    schemes = {"2N": two_n(), "3N/2": distributed()}
    output, loss, at = [], [], []
    for scheme, lost, ups in zip(table["scheme"], table["lost"], table["ups"], strict=True):
        model, powers = schemes[scheme]
        state = solve(model, powers, frozenset({str(lost)} if lost else ()))
        place = model.index[str(ups)]
        output.append(state.power[place] / 1e3)
        loss.append(state.losses[place] / 1e3)
        at.append(f"{scheme} {ups}" + (f" after loss of {lost}" if lost else ""))
    given = np.isfinite(table["loss_kw"])
    losses_at = [name for name, known in zip(at, given, strict=True) if known]
    shared = {"relative": True, "unit": "kW", "source": SOURCE}
    return Outcome(
        [
            worst("output of a UPS", output, table["output_kw"], 1e-6, at=at, **shared),
            worst(
                "loss of a UPS",
                np.array(loss)[given],
                table["loss_kw"][given],
                1e-6,
                at=losses_at,
                **shared,
            ),
        ]
    )

import numpy as np

from rehall.validation import Outcome, Row, read_reference
from thermal.plant.chiller import Chiller, Curves, Surface, available, chiller

ZERO = 273.15
FLOW = 0.05  # chilled water, which the power does not depend on [m3/s]
LOADS, WEIGHTS = (1.0, 0.75, 0.5, 0.25), (0.01, 0.42, 0.45, 0.12)
# Chilled water and what enters the condenser at the four loads [degC]: AHRI 550/590 and 551/591.
POINTS = {
    ("air", "IP"): (6.67, (35.0, 26.67, 18.33, 12.78)),
    ("air", "SI"): (7.0, (35.0, 27.0, 19.0, 13.0)),
    ("water", "IP"): (6.67, (29.44, 23.89, 18.33, 18.33)),
    ("water", "SI"): (7.0, (30.0, 24.5, 19.0, 19.0)),
}


def surface(terms, leaving, entering):
    return Surface(terms, *(tuple(T + ZERO for T in ends) for ends in (leaving, entering)))


SCREW = Chiller(
    "screw",
    capacity=216e3,
    cop=2.81673861898309,
    T_leaving=6.67 + ZERO,
    T_entering=35.0 + ZERO,
    curves=Curves(
        surface(
            (0.98898813, 0.036832851, 0.000174006, -0.000275634, -0.000143667, -0.000246286),
            (4.44, 10.0),
            (23.89, 46.11),
        ),
        surface(
            (0.814058418, 0.002335553, 0.000817786, -0.017129784, 0.000773288, -0.000922024),
            (4.44, 10.0),
            (10.0, 46.11),
        ),
        (-0.08117804, 1.433532026, -0.762289434, 0.412199944),
        load_least=0.15,
    ),
)
CENTRIFUGAL = Chiller(
    "centrifugal",
    capacity=471.2e3,
    cop=5.89,
    T_leaving=8.89 + ZERO,
    T_entering=26.67 + ZERO,
    curves=Curves(
        surface(
            (0.252113, 0.01324053, -0.008637329, 0.08581056, -0.004261176, 0.008661899),
            (7.22, 12.78),
            (12.78, 26.67),
        ),
        surface(
            (0.4475238, -0.0258821, -0.001459053, 0.04342595, -0.001000651, 0.001920106),
            (7.22, 12.78),
            (12.78, 26.67),
        ),
        (0.2778889, 0.2338363, 0.4883748),
        load_least=0.1,
    ),
    water_cooled=True,
)
MACHINES = {"air-cooled screw": SCREW, "McQuay WSC 471kW/5.89COP/Vanes": CENTRIFUGAL}


def iplv(machine: Chiller, standard: str) -> float:
    """Weighted COP at four loads, shares of the capacity at the first condition."""
    leaving, entering = POINTS["water" if machine.water_cooled else "air", standard]
    T_leaving = leaving + ZERO
    rated = float(available(machine, T_leaving, entering[0] + ZERO))
    found = []
    for load, T in zip(LOADS, entering, strict=True):
        state = chiller(machine, load * rated, T + ZERO, FLOW, T_leaving)
        found.append(load * rated / float(state.power))
    return float(np.dot(WEIGHTS, found))


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    rows = [
        Row(
            "IPLV",
            iplv(MACHINES[name], standard),
            value,
            0.01,
            relative=True,
            at=f"{name}, {standard}",
            source="EnergyPlus",
        )
        for name, standard, value in zip(
            table["set"], table["standard"], table["iplv"], strict=True
        )
    ]
    return Outcome(rows)

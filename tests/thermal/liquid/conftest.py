import pytest

from thermal.liquid.loop import Branch, Cdu, Header, Loop, Pump, build
from thermal.liquid.solve import LiquidInputs

LPM = 1.0 / 60e3  # [m3/s]


@pytest.fixture(scope="session")
def make_loop():
    """Description of a pod: racks of 345 L/min at 150 kPa on units of 2 MW."""

    def make(racks=16, units=4, control="differential_pressure", control_value=180e3, **changes):
        curve = (0.0, 1000.0 * LPM, 2125.0 * LPM), (365e3, 340e3, 241e3)
        pump = Pump(*curve, efficiency=changes.pop("efficiency", 0.6))
        flows = 2125.0 * LPM, 2500.0 * LPM
        return Loop(
            name="tcs",
            fluid=changes.pop("fluid", "pg25"),
            cdus=tuple(Cdu(f"CDU {n}", 2e6, 5.0, *flows, pump) for n in range(units)),
            branches=tuple(Branch(f"A{n:02}", 150e3, 345.0 * LPM) for n in range(racks)),
            header=Header(length=changes.pop("length", 0.6), diameter=0.25),
            control=control,
            control_value=control_value,
            T_supply_set=316.15,
        )

    return make


@pytest.fixture(scope="session")
def model(make_loop):
    """Four racks on two units: small, so that tests compile fast."""
    return build(make_loop(racks=4, units=2, control_value=150e3))


@pytest.fixture
def make_inputs():
    """State of the small loop, everything in order unless said otherwise."""

    def make(**changes):
        state = {
            "heat": [223e3] * 4,
            "running": [1.0, 1.0],
            "opening": [1.0] * 4,
            "T_facility": 311.15,
            "V_flow_facility": [2500.0 * LPM] * 2,
        }
        return LiquidInputs(**{**state, **changes})

    return make

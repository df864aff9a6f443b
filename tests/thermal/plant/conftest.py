"""Machines that the tests of the plant share, and air at round conditions."""

import pytest

from thermal.plant.chiller import Chiller, Curves, Surface
from thermal.plant.drycooler import DryCooler
from thermal.plant.plate import PlateExchanger
from thermal.plant.tower import CoolingTower

ZERO = 273.15
LPM = 1.0 / 60e3  # [m3/s]


def surface(terms, leaving, entering):
    """A curve over ranges in degC."""
    shifted = [tuple(T + ZERO for T in ends) for ends in (leaving, entering)]
    return Surface(tuple(terms), *shifted)


@pytest.fixture
def dry():
    return DryCooler("DC", capacity=2e6, approach=6.0, fan_power=45e3, V_flow_nominal=2500 * LPM)


@pytest.fixture
def tower():
    return CoolingTower(
        name="CT",
        capacity=3e6,
        approach=5.5,
        T_wet=23.9 + ZERO,
        V_flow_nominal=0.129,
        fan_power=38e3,
        liquid_to_gas=1.2,
        exponent=0.6,
        cycles=4.0,
        drift=5e-5,
    )


@pytest.fixture
def plates():
    return PlateExchanger("PHE", capacity=2e6, approach=1.5, V_flow_nominal=4820 * LPM)


@pytest.fixture
def air_cooled():
    """EnergyPlus, AirCooledChiller.idf: ElectricEIRChiller Trane CGAM60 199kW/3.02COP."""
    ranges = (5.56, 10.0), (4.44, 46.11)
    return Chiller(
        name="CH",
        capacity=1.5e6,
        cop=3.02,
        T_leaving=6.67 + ZERO,
        T_entering=35.0 + ZERO,
        curves=Curves(
            surface(
                (1.0580308705, 0.0386840989, 2.236087e-4, -0.0040725421, -9.15179e-5, -2.962367e-4),
                *ranges,
            ),
            surface(
                (0.5249620434, -0.0115859498, 4.930722e-4, 0.0056510934, 3.923831e-4, -5.911768e-4),
                *ranges,
            ),
            (0.0396, 0.7354, 0.2308),
            load_least=0.25,
        ),
        cop_per_kelvin=0.04,
    )


@pytest.fixture
def water_cooled():
    """EnergyPlus, Chillers.idf: ElectricEIRChiller York YK 2275kW/6.32COP/Vanes."""
    ranges = (4.44, 8.89), (12.78, 29.44)
    return Chiller(
        name="CW",
        capacity=2275.2e3,
        cop=6.32,
        T_leaving=6.67 + ZERO,
        T_entering=26.11 + ZERO,
        curves=Curves(
            surface(
                (1.034673, -0.01091064, 9.019479e-4, 0.009686229, -9.160783e-4, 0.002045641),
                *ranges,
            ),
            surface(
                (0.8326094, -0.006056615, -3.016626e-4, -0.002498578, 4.933363e-4, -3.125632e-4),
                *ranges,
            ),
            (0.2735485, 0.2163041, 0.5099054),
            load_least=0.13,
        ),
        water_cooled=True,
    )

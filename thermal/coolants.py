"""Names, ranges and polynomials of the liquids in the loops: water, and glycols in it.

Free of JAX, so that reading a case need not load it. Letters: T temperature [K], x fraction of
glycol by volume [-].
"""

import difflib
import math
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.polynomial import Polynomial

ZERO_CELSIUS = 273.15  # [K]

Table = tuple[tuple[float, ...], ...]
"""Coefficients: a row for each power of T - T_GLYCOL, in it one for each power of x - X_GLYCOL."""

T_TERMS, T_STEP = 318.15, 25.0  # terms are of (T - T_TERMS) / T_STEP [K]
PERCENT_MIN, PERCENT_MAX = 10, 60  # of the glycols' tables, by volume
FREEZING_MARGIN = 3.0
"""Least distance of the lowest temperature from the freezing point; Dow, DOWFROST guide [K]."""

T_GLYCOL, X_GLYCOL = 305.65, 0.35  # of the tables below [K, -]
T_MIN_GLYCOL = 238.15  # where the tables begin [K]
T_MAX = 368.15  # of every liquid: 5 K below the end of the tables and boiling at sea level [K]


class Terms(NamedTuple):
    """A liquid from T_min to T_max [K]: polynomials of (T - T_TERMS) / T_STEP, low power first."""

    T_min: float
    T_max: float
    density: tuple[float, ...]  # [kg/m3]
    heat_capacity: tuple[float, ...]  # [J/(kg K)]
    conductivity: tuple[float, ...]  # [W/(m K)]
    log_viscosity: tuple[float, ...]  # logarithm of [Pa s]


@dataclass(frozen=True)
class Glycol:
    """A glycol in water; `log_freezing`: terms in x - X_GLYCOL of the logarithm of [K]."""

    name: str
    density: Table
    heat_capacity: Table
    conductivity: Table
    log_viscosity: Table
    log_freezing: tuple[float, ...]


# Water at 2 bar: least squares to CoolProp 8.0.0 (IAPWS-95) over 5-95 degC; relative error there
# (and from 1 degC) density 3e-5 (1e-4), heat capacity 5e-5 (3e-4), conductivity 9e-4 (2e-3),
# viscosity 3e-4 (1.3e-3).
WATER = Terms(
    T_min=274.15,
    T_max=T_MAX,
    density=(990.25917, -10.486139, -2.1870468, 0.26575663, -0.046803329),
    heat_capacity=(4179.9555, 5.0043422, 5.5298179, -1.6773623, 1.2785376, -0.29063923),
    conductivity=(0.63496823, 0.030367622, -0.0061620662, 0.00055356473),
    log_viscosity=(
        -7.4255569,
        -0.44338927,
        0.062142799,
        -0.010624178,
        0.0026954711,
        -0.00049900929,
    ),
)

# The glycols: fluids APG and AEG of CoolProp 8.0.0, in its own form and coefficients, fitted to
# ASHRAE Fundamentals (2001), chapter 21, as in SecCool (Skovrup 2013). Relative error against
# those tables (root of the mean square, over their range): density 3e-5 and 2e-4, heat capacity
# 3e-4 and 2e-4, conductivity 9e-4, viscosity 2e-3 and 3e-3.
PROPYLENE = Glycol(
    name="propylene glycol",
    density=(
        (1026.177, 72.53677, -65.32547, 34.66575, -15.82785, -213.9879),
        (-0.5350059, -0.5056296, 0.1751278, -0.092333, 0.02877433),
        (-0.002566157, -0.0001703579, 0.001165892, -0.000207517),
        (-5.177316e-09, 9.673169e-09, 3.368862e-07),
    ),
    heat_capacity=(
        (3815.392, -1391.877, -1121.4, -419.3939, -243.53, 4054.145),
        (3.025751, 5.558605, -0.1073388, 0.5290725, -2.262081),
        (4.165345e-05, -9.032069e-05, -0.003392169, 0.01079472),
        (-4.30948e-07, -1.33518e-06, 3.538903e-05),
    ),
    conductivity=(
        (0.4329771, -0.4535551, 0.1845012, -0.2435214, 0.06266485, 1.891363),
        (0.0007338869, -0.001966849, 0.0009861397, -1.817568e-05, -0.001628752),
        (-5.424175e-06, 1.100798e-05, -3.754805e-06, 5.476691e-07),
        (5.879755e-10, -6.777231e-10, -2.213073e-08),
    ),
    log_viscosity=(
        (-6.025825, 3.573663, -1.995205, -6.42511, 36.01949, 53.50879),
        (-0.03284399, -0.03838339, 0.08223532, 0.01520795, -1.123741),
        (0.0002492009, 0.0003529886, -0.0005119547, -0.0006572286),
        (-1.155771e-06, -1.216539e-06, 3.230125e-06),
    ),
    log_freezing=(5.546103, -0.326277, -0.6666873, -0.8800598, -1.071417, -1.875782),
)
ETHYLENE = Glycol(
    name="ethylene glycol",
    density=(
        (1047.337, 140.4485, -48.70559, 71.41693, 52.4585, -693.3962),
        (-0.4505054, -0.3001582, -0.03952614, 0.02496264, -0.06817576),
        (-0.002432696, -2.084384e-05, 0.0003108353, -0.0008979712),
        (-3.72545e-09, 1.044784e-06, -4.391164e-06),
    ),
    heat_capacity=(
        (3596.551, -1707.073, -444.7538, -552.7923, -715.9059, 7905.301),
        (3.096886, 5.184379, -0.7061384, 0.7949891, -0.6689394),
        (-3.388642e-05, 0.0003639717, 0.0009169943, -0.005359818),
        (3.171299e-07, -2.457345e-06, 1.419543e-05),
    ),
    conductivity=(
        (0.4453745, -0.4067857, 0.2325883, -0.1569133, -0.1074279, 1.192263),
        (0.0008706814, -0.001560464, 0.000790936, -2.926925e-05, -0.0002372089),
        (-5.352757e-06, 1.082907e-05, -6.117302e-06, 5.716025e-06),
        (-1.560759e-10, -6.139943e-09, 3.179827e-08),
    ),
    log_viscosity=(
        (-6.319551, 2.881296, 0.8374394, -19.29626, -13.10981, 252.8586),
        (-0.02410848, -0.01593008, -0.006961209, -0.06322254, -0.2651482),
        (0.0001764482, 0.0001708786, -0.0004014337, -0.00024771),
        (-1.315418e-06, -1.745316e-06, 9.973464e-06),
    ),
    log_freezing=(5.534468, -0.3574293, -0.6535113, -0.9039166, 1.048048, 4.622116),
)
GLYCOLS = {"pg": PROPYLENE, "eg": ETHYLENE}


def names() -> list[str]:
    """Return the name of every liquid that is known."""
    percents = range(PERCENT_MIN, PERCENT_MAX + 1)
    return ["water", *(f"{kind}{percent}" for kind in GLYCOLS for percent in percents)]


def complaint(name: str) -> str | None:
    """Return what is wrong with the name of a liquid and what is wanted, None if it is known.

    >>> complaint("pg25") is None
    True
    >>> complaint("pg75")
    'pg75: propylene glycol at 75 % by volume; wanted a whole number from 10 to 60, like pg60'
    >>> complaint("PG 25")
    "no liquid 'PG 25'; did you mean 'pg25'?"
    """
    known = names()
    if name in known:
        return None
    written = re.fullmatch(r"(pg|eg)([0-9]+(?:\.[0-9]+)?)", name)
    if written:
        kind, percent = written[1], float(written[2])
        nearest = min(max(round(percent), PERCENT_MIN), PERCENT_MAX)
        wanted = f"wanted a whole number from {PERCENT_MIN} to {PERCENT_MAX}, like {kind}{nearest}"
        return f"{name}: {GLYCOLS[kind].name} at {percent:g} % by volume; {wanted}"
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    near = difflib.get_close_matches(plain, known, n=1, cutoff=0.7)
    kinds = " and ".join(f"{kind}{PERCENT_MIN} to {kind}{PERCENT_MAX}" for kind in GLYCOLS)
    all_of_them = f"known are water, {kinds} (glycol in percent by volume)"
    return f"no liquid {name!r}; " + (f"did you mean {near[0]!r}?" if near else all_of_them)


def terms(name: str) -> Terms:
    """Return range and polynomials of a liquid of known name."""
    if name == "water":
        return WATER
    glycol, x = GLYCOLS[name[:2]], int(name[2:]) / 100.0
    coldest = freezing_point(glycol, x) + FREEZING_MARGIN
    T_min = max(math.ceil(coldest - ZERO_CELSIUS) + ZERO_CELSIUS, T_MIN_GLYCOL)
    tables = glycol.density, glycol.heat_capacity, glycol.conductivity, glycol.log_viscosity
    return Terms(T_min, T_MAX, *(_at_fraction(table, x) for table in tables))


def freezing_point(glycol: Glycol, x: float) -> float:
    """Return the temperature [K] at which a mixture begins to freeze, x from 0.1 to 0.6 [-]."""
    return float(np.exp(Polynomial(glycol.log_freezing)(x - X_GLYCOL)))


def _at_fraction(table: Table, x: float) -> tuple[float, ...]:
    """Return the terms in (T - T_TERMS) / T_STEP that a table has at one fraction."""
    in_kelvin = Polynomial([Polynomial(row)(x - X_GLYCOL) for row in table])
    shifted = in_kelvin(Polynomial([T_TERMS - T_GLYCOL, T_STEP]))
    return tuple(float(term) for term in shifted.coef)

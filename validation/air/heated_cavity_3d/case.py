import numpy as np

from geometry.grid import Grid
from geometry.hall import Hall
from rehall.validation import Outcome, Row, read_reference
from thermal.air.gas import fluid
from thermal.air.model import GRAVITY
from thermal.air.room import Wall, lay

SOURCE = "Tric et al. (2000)"
PRANDTL, ALPHA, CP, T_MEAN = 0.71, 0.01, 1000.0, 300.0  # [-], [m2/s], [J/kg/K], [K]


def nusselt(cells: int, rayleigh: float) -> float:
    """Mean of the hot wall; half of the cube, up to its plane of symmetry."""
    even = np.linspace(0.0, 1.0, cells + 1)
    line = even - 0.09 * np.sin(2 * np.pi * even)  # cells at the walls are 0.43 of the mean
    nu = PRANDTL * ALPHA
    room = lay(
        Hall((1.0, 0.5, 1.0), symmetry=("+y",)),
        Grid(line, line[: cells // 2 + 1], line),
        turbulence="laminar",
        scheme="central",
        gas=fluid(1.0, nu, CP, PRANDTL, rayleigh * nu * ALPHA / GRAVITY, T_MEAN),
        T_ref=T_MEAN,
    )
    walls = {"-x": Wall(T=T_MEAN + 0.5), "+x": Wall(T=T_MEAN - 0.5)}
    solution = room.settled(
        room.inputs(walls=walls), iterations=10000, change=1e-5, energy=1e-4, average=False
    )
    grid = room.grid
    local = (T_MEAN + 0.5 - np.asarray(solution.state.T)[0]) / grid.centres[0][0]
    return float(np.sum(local * np.outer(grid.widths[1], grid.widths[2]))) / 0.5


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    rows = []
    for rayleigh, tric in zip(table["Ra"], table["Nu_tric2000"], strict=True):
        if not (reduced and rayleigh > 1e4):
            ours = nusselt(20 if reduced else 48, float(rayleigh))
            at = f"Ra {rayleigh:.0e}"
            rows.append(Row("Nu", ours, float(tric), 0.005, relative=True, at=at, source=SOURCE))
    return Outcome(rows)

import numpy as np

from geometry.grid import Grid
from geometry.hall import Box, Hall, Opening
from rehall.validation import Outcome, Profile, Row, read_reference
from thermal.air.build import Boundaries
from thermal.air.gas import fluid
from thermal.air.inputs import Inflow
from thermal.air.room import lay

# Lengths over the nozzle's diameter, velocities over that of the jet, density 1.
LENGTH, ACROSS = 32.0, 10.0
REYNOLDS = 1e6
INTENSITY, MIXING_LENGTH = 0.013, 0.03  # k at x/D 1 is 0.000262 Uj^2; length assumed
FITTED = (15.0, 28.0)  # x/D over which the spreading rate is fitted
SOURCE = "PHOENICS library, standard k-epsilon"


def inside(centres: np.ndarray) -> np.ndarray:
    """Part of each face that lies within the nozzle, by points 0.02 apart."""
    offsets = np.linspace(-0.04, 0.04, 5)
    y, z = (centres[:, a, None, None] for a in (1, 2))
    radius = np.hypot(y + offsets[:, None], z + offsets)
    return (radius <= 0.5).mean(axis=(1, 2))


def solve(cells: int):
    """A quarter of the jet: x of the faces, y of the cell centres, u [faces, cells] beside z 0."""
    across = widening(0.5, cells, ACROSS, 1.1)
    nozzle = Box((0.0, 0.0, 0.0), (0.0, 0.5, 0.5))
    sides = (
        ("front", Box((LENGTH, 0.0, 0.0), (LENGTH, ACROSS, ACROSS))),
        ("side", Box((0.0, ACROSS, 0.0), (LENGTH, ACROSS, ACROSS))),
        ("above", Box((0.0, 0.0, ACROSS), (LENGTH, ACROSS, ACROSS))),
    )
    hall = Hall(
        (LENGTH, ACROSS, ACROSS),
        openings=(
            Opening("nozzle", "supply", nozzle),
            *(Opening(name, "outdoor", box) for name, box in sides),
        ),
        symmetry=("-y", "-z"),
    )
    along = widening(1.0, cells, LENGTH, 1.04)
    laid = lay(
        hall,
        Grid(along, across, across),
        gas=fluid(1.0, 1 / REYNOLDS),
        boundaries=Boundaries(profiles={"nozzle": inside}),
    )
    like, opening = laid.inputs().V_flow * 0, laid.inputs().T_opening * 0
    inflow = Inflow(like + INTENSITY, like + MIXING_LENGTH, opening + 0.01, opening + 1.0)
    inputs = laid.inputs(V_flow={"nozzle": np.pi / 16}, inflow=inflow)
    solution = laid.settled(inputs, iterations=3000, change=1e-4)
    return along, laid.grid.centres[1], np.asarray(solution.state.u)[:, :, 0], laid.grid.cells


def widening(first: float, cells: int, end: float, ratio: float) -> np.ndarray:
    """Even cells up to `first`, then each wider than the last by up to the ratio."""
    width = first / cells
    lines = list(np.linspace(0, first, cells + 1))
    while lines[-1] < end:
        width *= ratio
        lines.append(lines[-1] + width)
    stretch = (end - first) / (lines[-1] - first)
    return np.array([x if x <= first else first + (x - first) * stretch for x in lines])


def half_width(y: np.ndarray, u: np.ndarray) -> float:
    """Distance from the centre at which the velocity is half of that on it."""
    return float(np.interp(-0.5 * u[0], -u, y))


def run(reduced: bool) -> Outcome:
    table, spreading = read_reference(__file__), read_reference(__file__, "reference_spreading.csv")
    profiles_of = read_reference(__file__, "reference_profiles.csv")
    x, y, u, cells = solve(4 if reduced else 6)
    standard = (spreading["jet"] == "round") & np.char.startswith(
        spreading["source"], "k-epsilon standard"
    )
    known = spreading["dyw_dz"][standard]
    far = (x >= FITTED[0]) & (x <= FITTED[1])
    widths = np.array([half_width(y, row) for row in u[far]])
    rate = float(np.polyfit(x[far], widths, 1)[0])
    middle = float(known.mean())
    core = ends_at(x, u[:, 0], 0.95)
    measured_core = ends_at(table["x_over_D"], table["U_over_Uj"], 0.95)
    rows = [
        Row(
            "spreading rate of the half-width",
            rate,
            middle,
            # Between the two tabulated runs, and as far beyond either as they lie apart.
            1.5 * float(np.ptp(known)),
            source=SOURCE,
        ),
        Row(
            "x/D at which the centre has lost 5 %",
            core,
            measured_core,
            0.2,
            relative=True,
            source="Bridges and Wernet (2011)",
        ),
    ]
    profiles = [
        Profile(
            "velocity on the centre line",
            "x/D",
            "U/Uj",
            (x, u[:, 0]),
            (table["x_over_D"], table["U_over_Uj"]),
        )
    ]
    for place in (5.0, 10.0, 20.0):
        at = profiles_of["x_over_D"] == place
        line = [np.interp(place, x, column) for column in u.T]
        profiles.append(
            Profile(
                f"velocity at x/D {place:g}",
                "y/D",
                "U/Uj",
                (y[y < 4], np.array(line)[y < 4]),
                (np.abs(profiles_of["y_over_D"][at]), profiles_of["U_over_Uj"][at]),
            )
        )
    measured = spreading["dyw_dz"][
        (spreading["jet"] == "round") & (spreading["source"] == "measured")
    ]
    note = (
        f"{cells} cells. Measured jets spread by {float(measured[0]):.3g}: the model's rate is "
        f"{100 * (rate / float(measured[0]) - 1):.0f} % larger, its known anomaly."
    )
    return Outcome(rows, profiles, note=note)


def ends_at(x: np.ndarray, u: np.ndarray, level: float) -> float:
    """Where a velocity along x last falls through a level."""
    last = int(np.flatnonzero(u >= level)[-1])
    return float(np.interp(level, [u[last + 1], u[last]], [x[last + 1], x[last]]))

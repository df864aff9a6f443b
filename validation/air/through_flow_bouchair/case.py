import jax.numpy as jnp
import numpy as np

from geometry.errors import NotConverged
from geometry.grid import Grid
from geometry.hall import Block, Box, Hall, Opening
from rehall.validation import Outcome, Profile, Row, read_reference, worst
from thermal.air.march import Marching, Segment, begin, march
from thermal.air.room import Wall, lay

HEIGHT, SLOT, THICK, ROOM, WIDTH = 2.0, 0.1, 0.15, 0.6, 0.1  # [m]
SKIN, ROOF = 0.01, 0.05  # of the walls' thickness that is warm; of the room's ceiling [m]
ABOVE, BESIDE = 0.3, 0.3  # of the laboratory over the open top, and beyond the far wall [m]
AMBIENT = 293.15  # [K]
SWINGS = 0.4  # gap from which on the plume over the top does not settle [m]
FROM, UNTIL = 160.0, 200.0  # averaged over, where it swings [s]
OPEN_HEAT = 0.02  # largest open share of the heat [-]
STEPS = Marching(longest=0.25, courant=8.0)
LEAST, MOST = -0.23, 0.0  # deviation of FDS from the measurement
SOURCE = "Bouchair (1989) by way of NIST, with the deviation of FDS"
WEAK = (
    "about a third too little at every gap alike; as the flow goes by the third root of the heat, "
    "no wall treatment makes that up: it would take three times the heat; a slice has no side "
    "walls and floor that radiation warms, and what else differs between the slice and the "
    "measurement is not known; FDS's own run of 1 m and 60 degC, 0.109 kg/s through the slot, is "
    "0.073 kg/s/m"
)
KNOWN = {0.1: 0.29, 0.2: 0.34, 0.3: 0.34, 0.5: 0.34, 1.0: 0.28}  # misses by gap [m]


def tight(length: float, cells: int, stretch: float = 1.6) -> np.ndarray:
    """Faces that are closest at both ends."""
    s = np.linspace(-1, 1, cells + 1)
    return 0.5 * length * (1 + np.tanh(stretch * s) / np.tanh(stretch))


def cavity(gap: float, across: int, up: int):
    """Slice of the cavity with the wall, its slot, a room before it and the air over its top."""
    near, far = ROOM + THICK, ROOM + THICK + gap
    length, top = far + BESIDE, HEIGHT + ABOVE

    def block(name: str, x: tuple[float, float], z: tuple[float, float]) -> Block:
        return Block(name, Box((x[0], 0.0, z[0]), (x[1], WIDTH, z[1])))

    def outdoors(name: str, x: tuple[float, float], z: tuple[float, float]) -> Opening:
        return Opening(name, "outdoor", Box((x[0], 0.0, z[0]), (x[1], WIDTH, z[1])))

    hall = Hall(
        (length, WIDTH, top),
        blocks=(
            block("ceiling", (0.0, ROOM), (HEIGHT - ROOF, HEIGHT)),
            block("wall", (ROOM, near - SKIN), (SLOT, HEIGHT)),
            block("skin", (near - SKIN, near), (SLOT, HEIGHT)),
            block("far skin", (far, far + SKIN), (0.0, HEIGHT)),
            block("far wall", (far + SKIN, length), (0.0, HEIGHT)),
        ),
        openings=(
            outdoors("window", (0.0, 0.0), (0.0, HEIGHT - ROOF)),
            outdoors("left", (0.0, 0.0), (HEIGHT, top)),
            outdoors("right", (length, length), (HEIGHT, top)),
            outdoors("above", (0.0, length), (top, top)),
        ),
        symmetry=("-y", "+y"),
    )
    x = np.r_[
        np.linspace(0, ROOM, 9)[:-1],
        np.linspace(ROOM, near - SKIN, 3),
        near + tight(gap, across),
        np.linspace(far + SKIN, length, 7),
    ]
    inside = SLOT + (HEIGHT - ROOF - SLOT) * np.linspace(0, 1, up) ** 1.3
    z = np.r_[np.linspace(0, SLOT, 7)[:-1], inside, HEIGHT + np.linspace(0, ABOVE, 9)]
    return lay(hall, Grid(x, np.array([0, WIDTH]), z), T_ref=AMBIENT)


def mass_flow(laid, T_wall: float, swings: bool) -> float:
    """Air that comes in through the slot, for a metre of width [kg/s/m].

    Where the plume over the top `swings`, the mean over the last stretch of a march in time.
    """
    warm = Wall(T=T_wall)
    inputs = laid.inputs(walls={"skin": warm, "far skin": warm})
    # The air starts warm, as a chimney is lit: from rest at ambient nothing drives it at first.
    start = laid.start(0.5 * (T_wall + AMBIENT))
    if not swings:
        solution = laid.settled(inputs, start, iterations=4000, change=2e-4, energy=OPEN_HEAT)
        return through_slot(laid, solution.state.u)
    segment = Segment(jnp.array(0.0), jnp.array(UNTIL), inputs, inputs)
    flows, opening_heat, wall_heat = [], [], []
    for instant, taken in march(begin(start, 0.01), laid.model, [segment], STEPS, 40):
        if float(instant.time) > FROM:
            flows.append(through_slot(laid, instant.now.velocity[0]))
            step = np.asarray(taken.step) * np.asarray(taken.accepted)
            opening_heat.append(np.average(np.asarray(taken.monitor.heat.openings), weights=step))
            wall_heat.append(np.average(np.asarray(taken.monitor.heat.walls), weights=step))
    left_open = abs(1 + np.mean(opening_heat) / np.mean(wall_heat))
    if left_open > OPEN_HEAT:
        raise NotConverged(f"the heat balance is open by {100 * left_open:.1f} %")
    return float(np.mean(flows))


def through_slot(laid, u) -> float:
    """Mass flow through the slot for a metre of width [kg/s/m]."""
    grid = laid.grid
    slot = np.flatnonzero(grid.centres[2] < SLOT)
    inwards = np.asarray(u)[np.argmin(np.abs(grid.x - ROOM)), 0, slot]
    return float(laid.model.gas.rho_ref) * float(np.sum(inwards * grid.widths[2][slot]))


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    gaps = np.array([0.2]) if reduced else np.unique(table["gap_m"])
    walls = np.array([60.0]) if reduced else np.unique(table["T_wall_C"])
    size = (14, 30) if reduced else (24, 48)
    found = np.zeros((len(gaps), len(walls)))
    measured = np.zeros_like(found)
    for i, gap in enumerate(gaps):
        laid = cavity(float(gap), *size)
        for j, wall in enumerate(walls):
            found[i, j] = mass_flow(laid, wall + 273.15, gap > SWINGS)
            here = (table["gap_m"] == gap) & (table["T_wall_C"] == wall)
            measured[i, j] = float(table["m_kg_s_per_m"][here][0])
    middle = 1 + 0.5 * (LEAST + MOST)
    rows = [
        worst(
            "mass flow, beside the middle of FDS's deviation",
            found[i],
            middle * measured[i],
            0.5 * (MOST - LEAST) / middle,
            relative=True,
            at=[f"gap {gap:g} m, walls at {wall:g} degC" for wall in walls],
            unit="kg/s/m",
            source=SOURCE,
            reason=WEAK,
            known=KNOWN[float(gap)],
        )
        for i, gap in enumerate(gaps)
    ]
    if not reduced:
        best, measured_best = (gaps[flow.sum(1).argmax()] for flow in (found, measured))
        rows.append(
            Row(
                "gap of the greatest flow",
                float(best),
                float(measured_best),
                0.0,
                "m",
                source=SOURCE,
            )
        )
    profiles = [
        Profile(
            f"gap {gap:g} m",
            "T of the walls [degC]",
            "mass flow [kg/s/m]",
            (walls, ours),
            (walls, theirs),
        )
        for gap, ours, theirs in zip(gaps, found, measured, strict=True)
    ]
    shares = ", ".join(
        f"{gap:g} m {100 * (ours / theirs - 1).mean():+.0f} %"
        for gap, ours, theirs in zip(gaps, found, measured, strict=True)
    )
    return Outcome(rows, profiles, note=f"Mean deviation from the measurement by gap: {shares}.")

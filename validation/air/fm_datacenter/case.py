"""Half of the mock-up, mirrored, beside the measured points and beside FDS."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from rehall.validation import Outcome, Row, read_reference
from rehall.validation.mockup import DATA, DENSITY, MIDDLE, half_grid, half_hall
from rehall.validation.probes import value_at, velocity_at
from thermal.air.gas import fluid
from thermal.air.room import lay

CELL, COARSE = 0.1016, 0.2032  # m
SETTLED = {"iterations": 1500, "change": 6e-4}  # no temperature tells when this air has settled
PEER = "no worse than FDS, computed from its output"
CEILING_REASON = (
    "beside the loss K, which is derived from the peer's drop, air that turns into a grille takes "
    "rho U^2 out of the pressure just below it, 6 of the 24 Pa, with both cells"
)


@dataclass(frozen=True, eq=False)
class Result:
    """Velocities [points, 3] in m/s, the two pressure differences [Pa], bypass of grates [-]."""

    velocity: np.ndarray
    drops: np.ndarray
    bypass: float


def solved(table: dict, pressures: dict, cell: float, leaks: bool) -> Result:
    grid = half_grid(cell)
    room = lay(
        half_hall(leaks),
        grid,
        gas=fluid(DENSITY, DATA["air"]["viscosity"]),
        T_ref=293.15,
        dtype=np.float32,
    )
    solution = room.settled(room.inputs(V_flow={"fan": hall_flow(leaks) / 2}), **SETTLED)
    points = np.stack([table["x"], table["y"], table["z"]], axis=1)
    mirrored = points[:, 0] > MIDDLE
    points[mirrored, 0] = 2 * MIDDLE - points[mirrored, 0]
    velocity = velocity_at(solution.state, grid, points)
    velocity[mirrored, 0] *= -1.0
    before, behind = (
        value_at(solution.state.p, grid, np.stack([pressures[f"{end}_{a}"] for a in "xyz"], axis=1))
        for end in ("from", "to")
    )
    grate = room.voxels.grid.index(2, 0.8636)
    x, y = grid.index(0, 0.6096), grid.index(1, 1.9812)
    flow = np.asarray(solution.state.w)[:, :, grate] * np.outer(*grid.widths[:2])
    return Result(velocity, before - behind, 1.0 - float(flow[:x, y:].sum() / flow.sum()))


def hall_flow(leaks: bool) -> float:
    """Flow through the hall [m3/s]: the fan's, less what enters at the joint of its duct."""
    fan = DATA["flow_high"]["fan_volume_flow"]
    suction = -DATA["peer"]["gauge_pressure"]["ceiling_plenum"]
    joint = DATA["leakage"]["exhaust_joint"]["total_area"] * sqrt(2 * suction / DENSITY)
    return fan - (joint if leaks else 0.0)


def speeds(velocity: np.ndarray) -> np.ndarray:
    return np.linalg.norm(velocity, axis=1)


def scores(ours: np.ndarray, measured: np.ndarray) -> tuple[float, float, float]:
    """RMS of speed and of the vector [m/s], bias of the mean speed [-]."""
    apart = speeds(ours) - speeds(measured)
    vector = speeds(ours - measured)
    bias = apart.mean() / speeds(measured).mean()
    return sqrt((apart**2).mean()), sqrt((vector**2).mean()), float(bias)


def vectors(table: dict) -> np.ndarray:
    return np.stack([table["u"], table["v"], table["w"]], axis=1)


def run(reduced: bool) -> Outcome:
    table, peer = (read_reference(__file__, f"reference{n}.csv") for n in ("", "_peer_fds"))
    pressures = read_reference(__file__, "reference_pressures.csv")
    ours = solved(table, pressures, COARSE if reduced else CELL, leaks=True)
    measured = vectors(table)
    core = np.isin(table["quality"], ["ok", "repeat"])
    speed, vector, bias = scores(ours.velocity[core], measured[core])
    fds = scores(vectors(peer)[core], measured[core])
    rows = [
        Row("RMS of speed", speed, fds[0], 0.0, "m/s", side="above", source=PEER),
        Row("RMS of vector", vector, fds[1], 0.0, "m/s", side="above", source=PEER),
        Row("bias of mean speed", 100 * bias, 0.0, 10.0, "%", source="FDS +8.9 %"),
    ]
    misses = (("", 0.0), (CEILING_REASON, 0.48))
    for name, mine, theirs, (why, known) in zip(
        pressures["pair"], ours.drops, pressures["dp_Pa"], misses, strict=True
    ):
        label, drop = str(name).replace("_", " "), float(mine)
        row = Row(label, drop, float(theirs), 0.2, "Pa", relative=True, reason=why, known=known)
        rows.append(row)
    for zone in dict.fromkeys(table["zone"]):
        here = core & (table["zone"] == zone)
        if here.any():
            rows.append(_zone_row(str(zone), here, ours.velocity, measured, vectors(peer)))
    note = f"With the estimated seams {100 * ours.bypass:.0f} % of the air bypasses the grates."
    if not reduced:
        note += " " + _spread(table, pressures, measured, core)
    return Outcome(rows, note=note)


def _zone_row(
    zone: str, here: np.ndarray, ours: np.ndarray, measured: np.ndarray, peer: np.ndarray
) -> Row:
    vector, fds = scores(ours[here], measured[here])[1], scores(peer[here], measured[here])[1]
    reason, known = ZONE_MISSES.get(zone, ("", 0.0)) if vector > fds + 0.1 else ("", 0.0)
    return Row(
        f"RMS of vector, {zone.replace('_', ' ')}",
        vector,
        fds,
        0.1,
        "m/s",
        side="above",
        source="FDS and 0.1 m/s",
        reason=reason,
        known=known,
    )


# Reason and known miss [m/s].
ZONE_MISSES = {
    "cold_aisle": (
        "the front end of the aisle: our flow turns down at CA4 and CA9 where it was measured to "
        "rise, as FDS has it in part",
        0.22,
    ),
    "below_ceiling": (
        "one of six points, CE8: -1.1 m/s along the hall where +0.9 was measured (FDS +0.4)",
        0.69,
    ),
}


def _spread(table: dict, pressures: dict, measured: np.ndarray, core: np.ndarray) -> str:
    """What the unknown leakage and the cells change."""
    parts = []
    for label, cell, leaks in (
        (f"with cells of {COARSE:g} m", COARSE, True),
        (f"without seams (cells of {COARSE:g} m)", COARSE, False),
    ):
        other = solved(table, pressures, cell, leaks)
        speed, vector, bias = scores(other.velocity[core], measured[core])
        parts.append(
            f"{label}: RMS of speed {speed:.3f}, of the vector {vector:.3f} m/s, bias "
            f"{100 * bias:+.1f} %, pressure differences {other.drops[0]:.1f} and "
            f"{other.drops[1]:.1f} Pa"
        )
    return "Spread, " + "; ".join(parts) + "."

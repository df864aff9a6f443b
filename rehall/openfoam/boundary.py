"""Everything that bounds the air of a case as patches of OpenFOAM with their conditions.

The figures are those that our own solver gets: `AirInputs` for flows, heat and temperatures, the
voxels for faces.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from geometry.hall import FACES
from geometry.voxels import Patch
from rehall.config import Case
from rehall.models import AirLevel
from rehall.openfoam import conditions
from rehall.openfoam.baffles import porous_parts
from rehall.openfoam.conditions import Conditions
from rehall.openfoam.mesh import Surface, surface
from rehall.openfoam.text import Words
from rehall.operation import COIL, NO_RESISTANCE
from rehall.start import at_start
from thermal.air.build import sealed_regions
from thermal.air.inputs import AirInputs
from thermal.air.model import PortFaces
from thermal.properties import GAS_CONSTANT_AIR


@dataclass(frozen=True, eq=False)
class FoamPatch:
    """A surface, what it asks of the fields, and which thing of the hall it stands for."""

    surface: Surface
    conditions: Conditions
    thing: str
    role: str


@dataclass(eq=False)
class Boundary:
    """All patches in order, and the intake patches of every device or exhaust by name."""

    patches: list[FoamPatch] = field(default_factory=list)
    intakes: dict[str, list[str]] = field(default_factory=dict)
    words: Words = field(default_factory=Words)

    def add(self, part: Surface, found: Conditions, thing: str, role: str) -> None:
        """Add a patch."""
        self.patches.append(FoamPatch(part, found, thing, role))


def boundary_of(case: Case, level: AirLevel, inputs: AirInputs) -> Boundary:
    """Patches of a case: ports first, then openings, baffles, taps, and walls last."""
    boundary = Boundary()
    _add_streams(boundary, level, inputs)
    _add_outdoor(boundary, case, level, inputs)
    _add_porous(boundary, level)
    _add_taps(boundary, case, level)
    _add_blocks(boundary, level, inputs)
    _add_shell(boundary, level, inputs)
    return boundary


def start_temperature(case: Case, level: AirLevel) -> np.ndarray:
    """Temperature of the air at the start of our own solve [K], cell by cell."""
    above = np.asarray(at_start(case, level).T)[:-1, :-1, :-1]
    return above + float(level.model.T_ref)


def _add_streams(boundary: Boundary, level: AirLevel, inputs: AirInputs) -> None:
    """Intake and discharge of every stream: racks (one stream a height), units, fans, supplies."""
    model = level.model
    intakes = _by_stream(level, model.intake)
    discharges = _by_stream(level, model.discharge)
    for stream, name in enumerate(level.streams.name):
        V_flow = float(inputs.V_flow[stream])
        if V_flow <= 0.0:
            continue  # it stands still: a wall
        layer = str(level.streams.of(name).tolist().index(stream) + 1)
        intake, word = intakes.get(stream), ""
        if intake is not None:
            word = boundary.words.word("in", name, layer)
            boundary.intakes.setdefault(name, []).append(word)
            boundary.add(surface(word, "patch", intake), conditions.drawn(V_flow), name, "intake")
        discharge = discharges.get(stream)
        if discharge is None:
            continue
        T_set, controlled = float(inputs.T_set[stream]), float(inputs.controlled[stream]) == COIL
        area = float(sum(patch.area.sum() for patch in discharge))
        if intake is None:
            m_flow = float(model.pressure) / (GAS_CONSTANT_AIR * T_set) * V_flow
            found = conditions.supplied(m_flow, T_set, area)
        else:
            A_in = float(sum(patch.area.sum() for patch in intake))
            heat = float(inputs.heat[stream])
            T = conditions.held(T_set) if controlled else conditions.warmed(word, heat)
            found = conditions.returned(word, V_flow, A_in, T, area)
        out = boundary.words.word("out", name, layer)
        boundary.add(surface(out, "patch", discharge), found, name, "discharge")


def _by_stream(level: AirLevel, ports: tuple[PortFaces, ...]) -> dict[int, list[Patch]]:
    """Faces of every stream, as patches of one axis each."""
    full = tuple(n + 1 for n in level.grid.shape)
    found: dict[int, list[Patch]] = {}
    for axis, faces in enumerate(ports):
        stream = np.asarray(faces.stream)
        index = np.stack(np.unravel_index(np.asarray(faces.face), full), axis=1)
        cells = np.stack(np.unravel_index(np.asarray(faces.cell), full), axis=1)
        for number in np.unique(stream):
            at = stream == number
            area = np.asarray(faces.area, float)[at]
            sign = np.asarray(faces.sign)[at]
            patch = Patch(str(number), axis, index[at], cells[at], sign, area, float(area.sum()))
            found.setdefault(int(number), []).append(patch)
    return found


def _add_outdoor(boundary: Boundary, case: Case, level: AirLevel, inputs: AirInputs) -> None:
    openings = [o for o in case.openings if o.kind == "outdoor"]
    pressure, T_outdoor = float(level.model.pressure), float(inputs.T_outdoor)
    for opening, T in zip(openings, np.asarray(inputs.T_opening, float), strict=True):
        word = boundary.words.word("outdoor", opening.name)
        part = surface(word, "patch", [level.voxels.openings[opening.name]])
        found = conditions.outdoor(
            opening.loss_coefficient, float(T), T_outdoor, pressure, GAS_CONSTANT_AIR
        )
        boundary.add(part, found, opening.name, "opening")


def _add_porous(boundary: Boundary, level: AirLevel) -> None:
    """Porous faces as cyclic pairs, one pair for each sheet and axis."""
    for number, part in enumerate(porous_parts(level.voxels), start=1):
        words = [boundary.words.word("porous", str(number), side) for side in ("lower", "upper")]
        thing = f"loss coefficient {part.sheet_loss:.4g}"
        if part.share < 1.0:
            thing += f" as holes of {part.loss:.3g} in {100 * part.share:.2g} % of the area"
        for word, partner, above in zip(words, words[::-1], (False, True), strict=True):
            axis = np.full(len(part.faces), part.axis)
            side = np.full(len(part.faces), above)
            cyclic = Surface(word, "cyclic", axis, part.faces, side, partner)
            boundary.add(cyclic, conditions.porous(part.loss), thing, "baffle")


def _add_taps(boundary: Boundary, case: Case, level: AirLevel) -> None:
    """One face of wall in each closed body of air, which holds its pressure level."""
    voxels = level.voxels
    T = start_temperature(case, level)
    for region, _ in sealed_regions(case.geometry, voxels):
        face, axis, above = _tap_face(level, region)
        cell = tuple(int(n) - (a == axis and not above) for a, n in enumerate(face))
        word = boundary.words.word("tap", str(region))
        part = Surface(word, "patch", np.array([axis]), face[None], np.array([above]))
        found = conditions.tap(float(level.model.pressure), float(T[cell]))
        boundary.add(part, found, f"closed body of air {region}", "tap")


def _tap_face(level: AirLevel, region: int) -> tuple[np.ndarray, int, bool]:
    """Face of a region's floor (or any face that looks up) farthest from what moves its air."""
    voxels = level.voxels
    inside = voxels.region == region
    closed = voxels.closed[2][:, :, :-1] & inside
    groups = (voxels.intakes, voxels.discharges, voxels.openings)
    patches = [patch for group in groups for patch in group.values()]
    for patch in patches:
        if patch.axis == 2:
            at = patch.faces[patch.sign > 0]
            closed[tuple(at.T)] = False
    candidates = np.argwhere(closed)
    centres = voxels.grid.centres
    moved = [patch.cells[inside[tuple(patch.cells.T)]] for patch in patches]
    near = np.concatenate([cells for cells in moved if len(cells)] or [candidates[:1]])
    points, ports = (
        np.stack([centres[a][cells[:, a]] for a in range(3)], axis=1)
        for cells in (candidates, np.unique(near, axis=0))
    )
    distance = cKDTree(ports).query(points)[0]
    return candidates[int(np.argmax(distance))], 2, True


def _add_blocks(boundary: Boundary, level: AirLevel, inputs: AirInputs) -> None:
    """Blocks that give off heat; the others are plain walls."""
    heat = np.asarray(inputs.block_heat, float)
    for number, (name, patches) in enumerate(level.voxels.blocks.items()):
        if heat[number] != 0.0:
            word = boundary.words.word("block", name)
            found = conditions.wall(conditions.heated(float(heat[number])))
            boundary.add(surface(word, "wall", patches), found, name, "block")


def _add_shell(boundary: Boundary, level: AirLevel, inputs: AirInputs) -> None:
    for side, face in enumerate(FACES):
        U, T = float(inputs.U_wall[side]), float(inputs.T_wall[side])
        flux = float(inputs.flux_wall[side])
        if flux != 0.0:
            found = conditions.heating(flux)
        elif U >= 0.5 * NO_RESISTANCE:
            found = conditions.held(T)
        else:
            found = conditions.conducting(U, T) if U > 0.0 else conditions.ZERO_GRADIENT
        word = boundary.words.word("shell", "lower" if face[0] == "-" else "upper", face[1])
        part = surface(word, "wall", [level.voxels.shell[face]])
        boundary.add(part, conditions.wall(found), face, "shell")

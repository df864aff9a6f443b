"""The exported OpenFOAM case: a valid mesh of the same air, and the figures of the hall in it."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geometry.errors import InputError
from geometry.grid import build_grid
from geometry.hall import Baffle, Block, Box, Device, Hall, Opening
from geometry.voxels import voxelise
from rehall import cli
from rehall.config import load
from rehall.openfoam import conditions
from rehall.openfoam.baffles import porous_parts
from rehall.openfoam.dictionaries import allrun
from rehall.openfoam.export import export
from rehall.openfoam.mesh import Surface, build_mesh, porous_faces, surface
from rehall.openfoam.results import read_run, running_mean, settled_after
from rehall.openfoam.text import Words, dictionary
from thermal.air.inputs import AirInputs

EXPORTED = {
    *("V_flow", "heat", "controlled", "T_set", "T_outdoor", "T_opening"),
    *("T_wall", "U_wall", "flux_wall", "block_heat"),
}
LEFT_OUT = {
    *("conductance", "T_coolant"),  # of a coil: the export's units hold their set point
    *("bodies", "layers", "distributed"),  # of transients and of boxes, which no case sets
    "inflow",  # no case sets it
    *("fans", "p_wind", "p_wind_stream"),  # refused
}

HALL = """\
site: {altitude: 500 m, outdoor: {dry_bulb: 31 degC, wet_bulb: 20 degC}}
hall:
  size: [4.8 m, 3.6 m, 3.0 m]
  walls:
    -x: {temperature: 28 degC}
    +z: {u_value: 0.5 W/m2/K, outdoor: 45 degC}
    -z: {heat_flux: 6 W/m2}
  openings:
    - {name: in let, kind: supply, wall: -x, from: [0.6 m, 0 m], to: [1.2 m, 0.6 m], flow: 0.5 m3/s,
       temperature: 17 degC}
    - {name: fan, kind: exhaust, wall: +z, from: [0.6 m, 0.6 m], to: [1.2 m, 1.2 m], flow: 0.2 m3/s}
    - {name: louvre, kind: outdoor, wall: +y, from: [3.6 m, 0.6 m], to: [4.2 m, 1.2 m],
       loss_coefficient: 3.0}
  partitions:
    - {name: sheet, from: [3.0 m, 0 m, 0 m], to: [3.0 m, 3.6 m, 2.4 m]}
    - {name: grille, from: [3.0 m, 0 m, 2.4 m], to: [3.0 m, 3.6 m, 3.0 m], loss_coefficient: 7.5}
equipment:
  - unit:
      of: {kind: rack, name: rack, size: [0.6 m, 1.2 m, 1.8 m], power: 6 kW,
           air_flow: {flow: 0.4 m3/s}}
      name: R-1
      at: [1.2 m, 1.2 m]
      facing: -x
solver: {cell: 0.3 m}
"""


def mixed_hall() -> Hall:
    """Every kind of face: a block, a rack, openings, an airtight and a porous baffle."""
    return Hall(
        (3.1, 2.3, 2.0),
        blocks=(Block("b", Box((0.0, 0.0, 0.0), (0.5, 0.7, 0.9))),),
        devices=(Device("r", "rack", Box((1.2, 0.8, 0.0), (1.8, 1.6, 1.4)), "-x", "+x"),),
        openings=(Opening("o", "outdoor", Box((0.0, 1.0, 0.4), (0.0, 1.6, 1.2))),),
        baffles=(
            Baffle("sheet", Box((2.2, 0.0, 0.0), (2.2, 2.3, 1.4))),
            Baffle("grille", Box((1.8, 0.8, 1.4), (2.2, 1.6, 1.4)), 4.0),
        ),
    )


@pytest.fixture(scope="module")
def meshed():
    """Voxels of the mixed hall and their mesh, porous faces as a cyclic pair."""
    hall = mixed_hall()
    voxels = voxelise(hall, build_grid(hall, 0.3))
    surfaces = [
        surface("in", "patch", [voxels.intakes["r"]]),
        surface("out", "patch", [voxels.discharges["r"]]),
        surface("o", "patch", [voxels.openings["o"]]),
    ]
    faces = np.argwhere(porous_faces(voxels, 2))
    for name, partner, above in (("below", "above", False), ("above", "below", True)):
        axis, side = np.full(len(faces), 2), np.full(len(faces), above)
        surfaces.append(Surface(name, "cyclic", axis, faces, side, partner))
    return voxels, build_mesh(voxels, surfaces)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The small hall above as written."""
    folder = tmp_path_factory.mktemp("openfoam")
    (folder / "hall.yaml").write_text(HALL)
    return export(load(folder / "hall.yaml"), folder / "foam", iterations=700)


def entry(exported, field: str, patch: str) -> str:
    """Text of a patch's condition in a field."""
    text = (exported.folder / "0" / field).read_text()
    found = re.search(rf"\n    {patch}\n    {{\n(.*?)\n    }}\n", text, re.DOTALL)
    assert found, f"{field} has no patch {patch}"
    return found[1]


def value(text: str, key: str) -> float:
    """First number of an entry."""
    found = re.search(rf"\b{key} (?:uniform |constant )?\(?(-?[\d.e+-]+)", text)
    assert found, f"no {key} in {text}"
    return float(found[1])


def area_of(exported, *patches: str) -> float:
    areas = np.linalg.norm(exported.mesh.area_vectors(), axis=1)
    return float(sum(areas[exported.mesh.of(patch)].sum() for patch in patches))


def test_every_cell_is_closed_and_has_the_volume_of_the_grid(meshed):
    voxels, mesh = meshed
    out = mesh.area_vectors()
    centre = mesh.points[mesh.faces].mean(axis=1)
    inner = len(mesh.neighbour)
    closure, volume = np.zeros((len(mesh.cells), 3)), np.zeros(len(mesh.cells))
    for cells, sign, faces in (
        (mesh.owner, 1.0, slice(None)),
        (mesh.neighbour, -1.0, slice(0, inner)),
    ):
        np.add.at(closure, cells, sign * out[faces])
        np.add.at(volume, cells, sign * np.sum(centre[faces] * out[faces], axis=1) / 3)
    np.testing.assert_allclose(closure, 0.0, atol=1e-14)
    np.testing.assert_allclose(volume, voxels.grid.volume[tuple(mesh.cells.T)], rtol=1e-9)


def test_internal_faces_come_in_upper_triangular_order_and_point_to_the_neighbour(meshed):
    _, mesh = meshed
    inner = len(mesh.neighbour)
    own, nei = mesh.owner[:inner], mesh.neighbour
    assert (own < nei).all()
    key = own.astype(np.int64) * len(mesh.cells) + nei
    assert (np.diff(key) > 0).all()
    towards = mesh.cells[nei] - mesh.cells[own]
    assert (np.sum(towards * mesh.area_vectors()[:inner], axis=1) > 0).all()


def test_every_cell_has_six_faces_and_every_face_is_in_one_patch(meshed):
    _, mesh = meshed
    count = np.bincount(np.concatenate([mesh.owner, mesh.neighbour]), minlength=len(mesh.cells))
    assert (count == 6).all()
    start = len(mesh.neighbour)
    for _, _, first, faces, _ in mesh.patches:
        assert first == start
        start += faces
    assert start == len(mesh.faces)
    assert len(np.unique(mesh.faces)) == len(mesh.points)


def test_boundary_faces_point_out_of_the_air(meshed):
    voxels, mesh = meshed
    centres = np.stack(
        [voxels.grid.centres[axis][mesh.cells[:, axis]] for axis in range(3)], axis=1
    )
    inner = len(mesh.neighbour)
    away = mesh.points[mesh.faces].mean(axis=1)[inner:] - centres[mesh.owner[inner:]]
    assert (np.sum(away * mesh.area_vectors()[inner:], axis=1) > 0).all()


def test_airtight_baffle_is_two_walls_at_one_place(meshed):
    voxels, mesh = meshed
    i = voxels.grid.index(0, 2.2)
    both = mesh.points[mesh.faces[mesh.of("walls")]].mean(axis=1)
    normal = mesh.area_vectors()[mesh.of("walls")]
    at = (np.abs(both[:, 0] - voxels.grid.x[i]) < 1e-9) & (normal[:, 0] != 0)
    expected = 2.3 * 1.4  # m2
    for side in (normal[:, 0] > 0, normal[:, 0] < 0):
        area = np.abs(normal[at & side, 0]).sum()
        assert area == pytest.approx(expected, rel=1e-6)


def test_the_two_sides_of_a_porous_baffle_pair_face_by_face(meshed):
    _, mesh = meshed
    below, above = mesh.of("below"), mesh.of("above")
    centre = mesh.points[mesh.faces].mean(axis=1)
    np.testing.assert_allclose(centre[below], centre[above])
    np.testing.assert_allclose(mesh.area_vectors()[below], -mesh.area_vectors()[above])
    assert (mesh.cells[mesh.owner[above]] - mesh.cells[mesh.owner[below]] == [0, 0, 1]).all()


def test_patches_have_the_areas_of_the_hall(exported):
    level = exported.level
    streams = len(level.streams.of("R-1"))
    assert streams == 6  # layers of 0.3 m
    for kind, patches in (("in", level.voxels.intakes), ("out", level.voxels.discharges)):
        names = [f"{kind}_R_1_{n + 1}" for n in range(streams)]
        assert area_of(exported, *names) == pytest.approx(patches["R-1"].area.sum(), rel=1e-6)
    assert area_of(exported, "outdoor_louvre") == pytest.approx(0.36, rel=1e-6)
    table = (exported.folder / "patches.csv").read_text()
    assert 'outdoor_louvre,"louvre",opening,4,0.36\n' in table


def test_rack_layers_share_its_flow_and_heat(exported):
    names = [f"R_1_{n + 1}" for n in range(6)]
    flows = [value(entry(exported, "U", f"in_{n}"), "volumetricFlowRate") for n in names]
    heats = [value(entry(exported, "T", f"out_{n}"), "Q") for n in names]
    assert sum(flows) == pytest.approx(-0.4, rel=1e-6)
    assert sum(heats) == pytest.approx(6e3, rel=1e-6)
    for name in names:
        assert f"outletPatch in_{name};" in entry(exported, "T", f"out_{name}")
        assert f"patch'in_{name}'" in entry(exported, "U", f"out_{name}").replace("}", "'")


def test_openings_carry_their_flow_temperature_and_loss(exported):
    p = 101325 * (1 - 2.25577e-5 * 500) ** 5.2559  # ASHRAE Fundamentals (2017), ch. 1, eq. 3
    m_flow = p / (287.055 * 290.15) * 0.5
    supply = entry(exported, "U", "out_in_let_1")
    assert value(supply, "massFlowRate") == pytest.approx(m_flow, rel=1e-5)
    assert value(entry(exported, "T", "out_in_let_1"), "value") == pytest.approx(290.15)
    assert value(entry(exported, "U", "in_fan_1"), "volumetricFlowRate") == pytest.approx(-0.2)
    assert "un > 0 ? 3 : -4" in entry(exported, "p_rgh", "outdoor_louvre")
    assert value(entry(exported, "T", "outdoor_louvre"), "inletValue") == pytest.approx(304.15)


def test_walls_carry_their_temperature_u_value_and_flux(exported):
    assert value(entry(exported, "T", "shell_lower_x"), "value") == pytest.approx(301.15)
    roof = entry(exported, "T", "shell_upper_z")
    assert value(roof, "h") == pytest.approx(1 / (2 - 0.13))  # the inner film is OpenFOAM's
    assert value(roof, "Ta") == pytest.approx(318.15)
    assert value(entry(exported, "T", "shell_lower_z"), "q") == pytest.approx(6.0)
    assert "zeroGradient" in entry(exported, "T", "shell_upper_x")


def test_every_field_has_a_condition_on_every_patch(exported):
    for field in ("T", "U", "p", "p_rgh", "k", "epsilon", "nut", "alphat"):
        for name, *_ in exported.mesh.patches:
            assert "type " in entry(exported, field, name)


def test_gas_gravity_and_turbulence_are_ours(exported):
    constant = exported.folder / "constant"
    gas = (constant / "thermophysicalProperties").read_text()
    assert value(gas, "molWeight") == pytest.approx(8314.47 / 287.055, rel=1e-6)
    assert value(gas, "Cp") == pytest.approx(float(exported.level.model.cp), rel=1e-6)
    assert value(gas, "Pr") == pytest.approx(0.71)
    assert "kEpsilon;" in (constant / "turbulenceProperties").read_text()
    assert "(0 0 -9.80665)" in (constant / "g").read_text()


def test_light_grille_keeps_its_loss_coefficient(meshed):
    voxels, _ = meshed
    (part,) = porous_parts(voxels)
    assert (part.axis, part.loss, part.share) == (2, 4.0, 1.0)
    assert len(part.faces) == porous_faces(voxels, 2).sum()


def test_holes_of_a_leaking_sheet_pass_what_the_sheet_passes(exported):
    (part,) = porous_parts(exported.level.voxels)
    assert part.sheet_loss == 7.5
    sheet, holes = 3.6 * 0.6, len(part.faces) * 0.09  # m2
    assert 0 < holes < sheet
    u, u_hole = (np.sqrt(2 * 5.0 / (1.2 * K)) for K in (7.5, part.loss))  # at 5 Pa [m/s]
    assert u_hole * holes == pytest.approx(u * sheet, rel=1e-6)
    assert value(entry(exported, "p_rgh", "porous_1_lower"), "I") == pytest.approx(part.loss)


def test_leaks_of_two_rooms_are_two_sheets():
    sheets = [
        Baffle(f"{name} {face}", box.face(face), 5000.0)
        for name, box in (
            ("a", Box((0.6, 0.6, 0.0), (1.2, 1.8, 1.2))),
            ("b", Box((2.4, 0.6, 0.0), (3.0, 1.8, 1.2))),
        )
        for face in ("-x", "+x", "-y", "+y", "+z")
    ]
    hall = Hall((3.6, 2.4, 1.8), baffles=tuple(sheets))
    parts = porous_parts(voxelise(hall, build_grid(hall, 0.15)))
    holes = sum(len(part.faces) for part in parts)
    faces = 2 * (2 * 64 + 2 * 32 + 32)  # two boxes of 4 x 8 x 8 cells without their floor
    for part in parts:
        assert part.share == pytest.approx(holes / faces)
        assert part.loss == pytest.approx(5000.0 * (holes / faces) ** 2)
    assert {int(part.faces[0, 0]) // 12 for part in parts} == {0, 1}


@pytest.mark.slow
def test_sealed_hall_gets_one_pressure_tap_and_its_unit_a_set_point(starter, tmp_path):
    path = tmp_path / "starter.yaml"
    path.write_text(starter.replace("solver: {", "solver: {turbulence: zero_equation, "))
    done = export(load(path), tmp_path / "foam")
    (tap,) = [name for name, *_ in done.mesh.patches if name.startswith("tap")]
    assert len(done.mesh.of(tap)) == 1
    assert "prghPressure" in entry(done, "p_rgh", tap)
    assert value(entry(done, "T", "out_FW1_1"), "value") == pytest.approx(295.15)
    assert any("FW1" in note for note in done.notes)
    assert any("k-epsilon" in note for note in done.notes)


def test_busway_heats_its_cells_by_its_losses(starter, tmp_path):
    path = tmp_path / "busway.yaml"
    text = starter.replace("feeds: [board]}", "feeds: [bus]}", 1).replace(
        "\nlimits:",
        "    - {name: bus, of: busway_2000, fed_by: board, length: 9 m,"
        " from: [4.2 m, 2.4 m, 2.6 m], to: [6.6 m, 2.8 m, 3.0 m]}\n\nlimits:",
    )
    path.write_text(text)
    done = export(load(path), tmp_path / "foam")
    heat = float(np.asarray(done.inputs.block_heat)[-1])
    options = (done.folder / "constant" / "fvOptions").read_text()
    assert heat > 0
    assert value(options, "h") == pytest.approx(heat, rel=1e-6)
    zone = (done.folder / "constant" / "polyMesh" / "cellZones").read_text()
    assert f"List<label> {len(done.level.voxels.sources['bus'])}(" in zone


def test_flow_that_follows_the_inlet_temperature_is_refused_by_name(duct, tmp_path):
    path = tmp_path / "case.yaml"
    law = "{by_inlet: [[20 degC, 1 m3/s], [35 degC, 2 m3/s]]}"
    path.write_text(duct.replace("{flow: 1 m3/s}", law))
    with pytest.raises(InputError, match=r"case.yaml:\d+: R: .*air_flow"):
        export(load(path), tmp_path / "foam")
    assert not (tmp_path / "foam").exists()


def test_turbulence_that_openfoam_lacks_is_refused(duct, tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text(duct)
    case = load(path)
    other = case.solver.model_copy(update={"turbulence": "telepathy"})
    with pytest.raises(InputError, match="telepathy"):
        export(dataclasses.replace(case, solver=other), tmp_path / "foam")


def test_every_figure_that_the_solver_gets_is_exported_or_named_as_left_out():
    assert {field.name for field in dataclasses.fields(AirInputs)} == EXPORTED | LEFT_OUT


def test_folder_with_files_in_it_is_refused(duct, tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text(duct)
    with pytest.raises(InputError, match="empty folder"):
        export(load(path), tmp_path)


def test_command_writes_a_case_that_can_be_run(duct, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("case.yaml").write_text(duct)
    monkeypatch.setattr(sys, "argv", ["rehall", "export-openfoam", "case.yaml", "foam"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 0
    assert "512 cells of air" in capsys.readouterr().out.replace("\n", " ")
    assert os.access("foam/Allrun", os.X_OK)
    files = ("0/U", "constant/polyMesh/faces", "system/fvSchemes.first", "system/fvSolution.fast")
    for file in files:
        assert Path("foam", file).is_file()
    assert json.loads(Path("foam/rehall.json").read_text())["inlets"]["inlet_R"] == "R"


SOLVER = """\
#!/bin/sh
[ ! -d 1500 ] || exit 0  # nothing left to do
echo "ExecutionTime = 1 s"
grep -q fast system/fvSolution || echo careful
[ -d 200 ] || { mkdir 200; exit 0; }
[ ! -f diverge ] || { rm diverge; exit 1; }
mkdir 1500
"""


def test_second_run_of_the_script_starts_from_the_beginning(tmp_path):
    for name, text in (
        ("Allrun", allrun()),
        ("bin/buoyantSimpleFoam", SOLVER),
        ("bin/checkMesh", "#!/bin/sh\n"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "system").mkdir()
    for file in ("controlDict.first", "controlDict.second", "fvSchemes.first", "fvSchemes.second"):
        (tmp_path / "system" / file).touch()
    for kind in ("fast", "careful"):
        (tmp_path / "system" / f"fvSolution.{kind}").write_text(kind)
    for file in ("diverge", "2nd-notes.txt"):
        (tmp_path / file).touch()
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    said = [
        subprocess.run(
            [tmp_path / "Allrun"],
            env={**os.environ, "PATH": path},
            check=True,
            text=True,
            capture_output=True,
        ).stdout
        for _ in range(2)
    ]
    assert "second order diverged" in said[0]
    assert (tmp_path / "2nd-notes.txt").exists()
    for log in ("log.first", "log.second"):
        assert (tmp_path / log).read_text() == "ExecutionTime = 1 s\n"
    assert f"fields in {tmp_path}/1500" in said[1]


def test_head_of_an_opening_is_lost_once_more_on_the_way_in():
    level = conditions.outdoor(2.0, 300.0, 300.0, 1e5, 287.0)["p_rgh"]
    assert "(un > 0 ? 2 : -3)" in str(level["valueExpr"])


def test_words_are_never_given_twice():
    words = Words()
    names = ["louvre south", "louvre-south", "louvre_south", "louvre_south_2"]
    found = [words.word("outdoor", name) for name in names]
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"\w+", word) for word in found)


def test_nested_dictionaries_keep_their_order():
    text = dictionary({"b": 1.5, "a": {"c": "x"}})
    assert text == "b 1.5;\na\n{\n    c x;\n}\n"


def test_inlet_settles_after_its_last_excursion():
    series = np.array([[5.0], [0.2], [1.0], [0.3], [0.1]])
    assert settled_after(series, np.zeros(1), 0.5) == 4
    assert settled_after(series[:3], np.zeros(1), 0.5) is None
    assert settled_after(series[3:], np.zeros(1), 0.5) == 1


def test_running_mean_of_a_short_series_is_the_mean_so_far():
    series = np.arange(1.0, 6.0)[:, None]
    np.testing.assert_allclose(running_mean(series, 3).ravel(), [1.0, 1.5, 2.0, 3.0, 4.0])


def test_run_is_read_over_both_stages(tmp_path):
    manifest = {"inlets": {"inlet_A": "A"}, "taps": [], "notes": ["n"], "cells": 8}
    (tmp_path / "rehall.json").write_text(json.dumps(manifest))
    for start, rows in (("0", "1 300\n2 301\n"), ("2", "3 302\n4 303\n")):
        folder = tmp_path / "postProcessing" / "inlet_A" / start
        folder.mkdir(parents=True)
        (folder / "surfaceFieldValue.dat").write_text("# Time areaAverage(T)\n" + rows)
    for log, seconds in (("log.first", (0.5, 1.0)), ("log.second", (0.25, 0.75))):
        lines = [f"ExecutionTime = {s} s  ClockTime = 9 s\n" for s in seconds]
        (tmp_path / log).write_text("".join(lines))
    found = read_run(tmp_path)
    np.testing.assert_allclose(found.inlets.ravel(), [300, 301, 302, 303])
    np.testing.assert_allclose(found.seconds, [0.5, 1.0, 1.25, 1.75])
    assert found.devices == ("A",)


def test_fans_on_their_curve_and_wind_are_refused_by_name(duct, tmp_path):
    fan = """\
    - {name: EF, of: exhaust_fan_1200, wall: +z, from: [0.6 m, 0 m], to: [1.8 m, 1.2 m]}
"""
    text = duct.replace("  openings:\n", "  openings:\n" + fan, 1)
    text = text.replace("site: {", "site: {wind: {speed: 5 m/s, direction: 270 deg}, ", 1)
    path = tmp_path / "case.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        export(load(path), tmp_path / "foam")
    said = str(refused.value)
    assert "EF: its flow follows its fan curve" in said
    assert "site.wind: wind" in said


CONTROLLED = """\
include: chilled_water.yaml
site: {outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}}
hall: {size: [4.8 m, 2.4 m, 2.4 m]}
catalogue:
  crah: {kind: cooling_unit, name: crah, size: [1.2 m, 0.6 m, 1.2 m], intake: front,
         discharge: back, fan_power: 1 kW,
         rating: {capacity: 20 kW, air_flow: 1.2 m3/s, air_in: 32 degC, water_flow: 60 L/min,
                  water_in: 10 degC, water_out: 14.8 degC}}
equipment:
  - unit:
      of: {kind: rack, name: server, size: [1.2 m, 0.6 m, 1.2 m], power: 10 kW,
           air_flow: {flow: 1 m3/s},
           rear_door: {capacity: 10 kW, air_flow: 1 m3/s, air_in: 36 degC, water_flow: 50 L/min,
                       water_in: 16 degC, water_out: 18.9 degC, air_dp: 15 Pa}}
      name: R
      at: [0.6 m, 0 m]
      facing: -x
      facility: chw
  - unit: {of: crah, name: U, at: [3.0 m, 0 m], facing: -x, facility: chw,
           control: {return: 30 degC}, air_flow: 1 m3/s}
  - unit: {of: crah, name: V, at: [3.0 m, 0 m], z: 1.2 m, facing: -x, facility: chw,
           supply: 20 degC, fan_law: [[20 degC, 50 %], [40 degC, 100 %]]}
solver: {cell: 0.6 m}
"""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (10, "R: its rear door cools"),
        (19, "U: its supply follows its return air"),
        (21, "V: its fan_law"),
    ],
)
def test_what_follows_the_air_taken_in_is_refused_by_name_and_line(line, words, case_of, tmp_path):
    with pytest.raises(InputError) as refused:
        export(case_of(CONTROLLED), tmp_path / "foam")
    assert f"case.yaml:{line}: {words}" in str(refused.value)
    assert not (tmp_path / "foam").exists()


def test_what_stands_still_is_a_wall_whatever_it_would_follow(case_of, tmp_path):
    text = CONTROLLED.replace("facility: chw\n  -", "facility: chw\n      on: false\n  -", 1)
    case = case_of(text.replace("facility: chw,", "facility: chw, on: false,"))
    assert not any(item.on for item in case.items)
    done = export(case, tmp_path / "foam")
    assert {patch.role for patch in done.boundary.patches} == {"tap", "shell"}


def noted(case, folder: Path, words: str) -> list[str]:
    """Notes of an export that hold these words."""
    return [note for note in export(case, folder).notes if words in note]


def test_jets_of_tiles_are_told_where_they_leave_ours_out(duct, case_of, tmp_path):
    floor = (
        "  raised_floor: {height: 0.6 m, tiles: ["
        "{name: T, from: [0.6 m, 0 m], to: [1.8 m, 1.2 m], open_fraction: 60 %},"
        " {name: hole, from: [4.2 m, 0 m], to: [5.4 m, 1.2 m], open_fraction: 100 %}]}\n"
    )
    text = duct.replace("size: [1.2 m, 1.2 m, 2.4 m]", "size: [1.2 m, 1.2 m, 1.8 m]")
    text = text.replace("equipment:", floor + "equipment:").replace("cell: 0.3 m", "cell: 0.6 m")
    (note,) = noted(case_of(text), tmp_path / "jets", "jets")
    assert note.startswith("T: ")
    without = text.replace("{height: 0.6 m,", "{height: 0.6 m, jets: false,")
    assert noted(case_of(without), tmp_path / "none", "jets") == []


@pytest.mark.parametrize(
    ("solver", "words", "told"),
    [
        ("turbulence: rng, buoyancy_production: true", "buoyancy_production", True),
        ("buoyancy_production: false", "buoyancy_production", False),
        ("turbulence: laminar, buoyancy_production: true", "buoyancy_production", False),
        ("scheme: upwind", "scheme", True),
        ("scheme: limited", "scheme", False),
    ],
)
def test_settings_that_openfoam_is_not_given_are_told(solver, words, told, duct, case_of, tmp_path):
    case = case_of(duct.replace("cell: 0.3 m", f"cell: 0.6 m, {solver}"))
    assert bool(noted(case, tmp_path / "foam", words)) == told

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import reference
from vtkmodules.vtkIOHDF import vtkHDFReader

from geometry.errors import InputError, NotConverged
from rehall.labels import title_of, units_of
from rehall.results import aside, read, write


def test_vtk_reads_the_fields_at_the_right_place(results, tmp_path):
    write(results, tmp_path)
    reader = vtkHDFReader()
    reader.SetFileName(str(tmp_path / "fields.vtkhdf"))
    reader.Update()
    grid = reader.GetOutputDataObject(0)
    assert grid.GetClassName() == "vtkRectilinearGrid"
    fields = results.fields
    for edges, found in (
        (fields.x, grid.GetXCoordinates()),
        (fields.y, grid.GetYCoordinates()),
        (fields.z, grid.GetZCoordinates()),
    ):
        np.testing.assert_allclose(vtk_to_numpy(found), edges)
    cells = grid.GetCellData()
    for point in ((0.1, 0.1, 0.1), (11.8, 0.1, 0.1), (0.1, 8.8, 0.1), (6.5, 4.0, 3.7)):
        at = tuple(np.searchsorted(e, x) - 1 for e, x in zip(fields.edges, point, strict=True))
        cell = grid.FindCell(point, None, 0, 1e-9, *_outputs())
        assert cells.GetArray("T").GetValue(cell) == pytest.approx(fields.T[at], rel=1e-6)
        assert cells.GetArray("mu_t").GetValue(cell) == pytest.approx(
            fields.extra["mu_t"][0][at], rel=1e-6
        )
        velocity = cells.GetArray("velocity").GetTuple3(cell)
        np.testing.assert_allclose(velocity, fields.velocity[at], rtol=1e-6)
    # x runs fastest: the second value is the neighbour along x, where it is 0.7 K/m warmer.
    T = vtk_to_numpy(cells.GetArray("T"))
    assert T[1] - T[0] == pytest.approx(0.7 * 0.3, abs=1e-3)


def _outputs():
    return reference(0), [0.0, 0.0, 0.0], [0.0] * 8


def test_results_survive_the_file(results, tmp_path):
    write(results, tmp_path)
    back = read(tmp_path)
    assert back.hall == results.hall
    assert back.summary == results.summary
    assert back.case_text == results.case_text
    assert back.manifest == results.manifest
    assert back.tables["racks"] == results.summary["racks"]
    np.testing.assert_array_equal(back.fields.solid, results.fields.solid)
    for name in ("T", "p", "velocity"):
        np.testing.assert_allclose(
            getattr(back.fields, name), getattr(results.fields, name), rtol=1e-6, atol=1e-6
        )
    assert back.fields.extra["mu_t"][1] == "Pa s"
    assert list(back.face_temperatures) == list(results.face_temperatures)
    face, wanted = back.face_temperatures["B08"], results.face_temperatures["B08"]
    np.testing.assert_allclose(face.T, wanted.T, rtol=1e-6)
    np.testing.assert_allclose(face.second, wanted.second)


def test_tables_in_the_file_carry_units(results, tmp_path):
    write(results, tmp_path)
    with h5py.File(tmp_path / "fields.vtkhdf") as file:
        racks = file["rehall/tables/racks"]
        assert racks["inlet_max_c"].attrs["unit"] == "°C"
        assert racks["coolant_lpm"].attrs["unit"] == "L/min"
        assert racks["name"].asstr()[9] == "B02"
        assert racks["inlet_max_c"][9] == 25.0
        assert np.isnan(racks["inlet_amplitude_k"][0])  # unknown


def test_summary_file_is_the_summary(results, tmp_path):
    write(results, tmp_path)
    assert json.loads((tmp_path / "summary.json").read_text()) == results.summary


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float64("nan")])
def test_a_summary_that_is_not_finite_is_refused_by_its_path(results, tmp_path, value):
    results.summary["racks"][3]["inlet_max_c"] = value
    with pytest.raises(NotConverged, match=r"summary\.racks\[3\]\.inlet_max_c"):
        write(results, tmp_path)
    assert not list(tmp_path.iterdir())


def test_numpy_values_in_the_summary_are_refused(results, tmp_path):
    results.summary["cells"] = np.int64(3)
    with pytest.raises(TypeError, match=r"summary\.cells is a int64"):
        write(results, tmp_path)


def test_fields_that_are_not_finite_are_refused(results, tmp_path):
    results.fields.velocity[2, 3, 4, 1] = np.nan
    with pytest.raises(NotConverged, match=r"velocity is not finite in 1 places.*\(2, 3, 4, 1\)"):
        write(results, tmp_path)
    assert not list(tmp_path.iterdir())


def test_fields_that_do_not_fit_the_grid_are_refused(results):
    with pytest.raises(ValueError, match=r"p has shape \(2, 2, 2\)"):
        replace(results.fields, p=np.zeros((2, 2, 2)))


def test_an_interrupted_file_leaves_the_old_one_whole(tmp_path):
    path = tmp_path / "summary.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        _write_half(path)
    assert [p.name for p in tmp_path.iterdir()] == ["summary.json"]
    assert path.read_text() == "old"


def _write_half(path):
    with aside(path) as part:
        part.write_text("ne")
        raise KeyboardInterrupt


def test_nothing_of_an_earlier_run_stays_beside_the_new_one(results, tmp_path):
    for name in ("report.html", "plan.png", "summary.json", "notes.txt"):
        (tmp_path / name).write_text("old")
    write(results, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"fields.vtkhdf", "summary.json", "notes.txt"}
    assert (tmp_path / "summary.json").read_text() != "old"


def test_other_formats_and_other_files_are_refused(results, tmp_path):
    write(results, tmp_path)
    with h5py.File(tmp_path / "fields.vtkhdf", "a") as file:
        file["rehall"].attrs["format"] = 99
    with pytest.raises(InputError, match="format 99, this version reads 1"):
        read(tmp_path)
    (tmp_path / "text.vtkhdf").write_text("no HDF5")
    with pytest.raises(InputError, match="cannot be read as HDF5"):
        read(tmp_path / "text.vtkhdf")
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "missing.vtkhdf")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(InputError, match="holds no results"):
        read(tmp_path / "other.h5")


@pytest.mark.parametrize(
    ("key", "unit", "title"),
    [
        ("inlet_max_c", "°C", "Inlet max"),
        ("air_m3_s", "m³/s", "Air"),
        ("rating_kva", "kVA", "Rating"),
        ("it_kw_per_m2", "kW/m²", "IT power per floor area"),
        ("wue_l_per_kwh", "L/kWh", "Water usage effectiveness (WUE)"),
        ("energy_cost_per_year", "per year", "Energy cost"),
        ("inlet_amplitude_k", "K", "Inlet amplitude"),
        ("wall_s", "s", "Wall time"),
        ("liquid_share", "", "Share of IT heat to liquid"),
        ("rti_pct", "%", "Return temperature index (RTI)"),
        ("cells", "", "Cells"),
    ],
)
def test_keys_name_their_units(key, unit, title):
    assert (units_of(key), title_of(key)) == (unit, title)

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from geometry.errors import InputError
from geometry.hall import Box, Device, Hall
from rehall import scene, views
from rehall.results import PICTURES, FaceTemperature, write


@pytest.mark.slow
def test_four_pictures_are_drawn_without_a_screen(results, tmp_path, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    paths = write(results, tmp_path, views.screenshots)
    assert [path.name for path in paths] == list(PICTURES)
    for path in paths:
        pixels = imread(path)
        assert pixels.shape[1] == 1500
        assert pixels.std() > 0.05


@pytest.mark.slow
def test_pictures_of_an_empty_hall_at_rest_can_be_drawn(results, tmp_path):
    fields = replace(results.fields, velocity=np.zeros_like(results.fields.velocity))
    empty = replace(results, fields=fields, hall=Hall(results.hall.size), face_temperatures={})
    assert len(views.screenshots(empty, tmp_path)) == 4


def test_grid_of_vtk_has_the_temperature_of_the_place(results):
    fields = results.fields
    grid = scene.air_grid(fields)
    for point in ((0.1, 8.8, 0.1), (11.8, 0.1, 3.7)):
        at = tuple(np.searchsorted(e, x) - 1 for e, x in zip(fields.edges, point, strict=True))
        cell = grid.find_containing_cell(point)
        assert grid.cell_data["T [degC]"][cell] == pytest.approx(fields.T[at] - 273.15)
        np.testing.assert_allclose(grid.cell_data["velocity"][cell], fields.velocity[at])


@pytest.mark.parametrize("intake", ["-x", "+y", "+z"])
def test_face_colours_stand_where_they_were_measured(intake):
    device = Device("R", "rack", Box((1.0, 2.0, 0.0), (1.6, 3.2, 2.0)), intake, "-z")
    axis = "xyz".index(intake[1])
    first, second = (
        np.linspace(device.box.lower[i], device.box.upper[i], n)
        for i, n in zip([i for i in range(3) if i != axis], (3, 5), strict=True)
    )
    T = 300.0 + 10.0 * first[:-1, None] + second[None, :-1]
    mesh = scene.face_mesh(device, FaceTemperature(T, first, second))
    centres = np.delete(mesh.cell_centers().points, axis, axis=1)
    half = (0.5 * (first[1] - first[0]), 0.5 * (second[1] - second[0]))
    wanted = 26.85 + 10.0 * (centres[:, 0] - half[0]) + (centres[:, 1] - half[1])
    np.testing.assert_allclose(mesh.cell_data["T [degC]"], wanted, atol=1e-4)


def test_streamlines_start_where_air_comes_in(results):
    hall, fields = results.hall, results.fields
    points = scene.seeds(hall, fields)
    # The louvre at y = 9 m lets air in only where v < 0, that is x < 6 m: it has no such part.
    assert not np.any(points[:, 1] > 8.5)
    assert np.any(points[:, 0] < 0.3)  # supply opening in the wall x = 0
    assert np.any((points[:, 0] > 1.8) & (points[:, 0] < 2.1))  # discharge of the fan wall
    cells = tuple(np.searchsorted(edges, points[:, i]) - 1 for i, edges in enumerate(fields.edges))
    assert not fields.solid[cells].any()


@pytest.mark.parametrize("T", [12.0, 19.0, 22.0, 29.0, 44.0, 50.0])
def test_a_surface_has_the_colour_that_the_bar_gives_its_temperature(T):
    device = Device("R", "rack", Box((0.0, 1.0, 0.0), (2.0, 2.0, 2.0)), "-y", "+y")
    edges = np.linspace(0.0, 2.0, 2)
    mesh = scene.face_mesh(device, FaceTemperature(np.full((1, 1), T + 273.15), edges, edges))
    pixels = scene.image(
        lambda plotter: scene.add_temperature(plotter, mesh, scene.SCALE),
        device.box,
        (-1.0, -1.6, 1.5),
        60,
    )
    figure = views.canvas(2.0)
    bar = views.colour_bar(figure, figure.add_subplot(), scene.SCALE, "vertical")
    wanted = bar.cmap(bar.norm(T), bytes=True)[:3]
    middle = pixels[len(pixels) // 2, 30]
    np.testing.assert_allclose(middle, wanted, atol=1)


@pytest.mark.slow
def test_the_whole_hall_is_in_the_picture_of_the_racks(results, tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(views, "compose", lambda images, *_: seen.update(images))
    views.rack_faces(results, tmp_path / "racks.png")
    assert len(seen) == 2
    for pixels in seen.values():
        rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert (rim == 255).all()


def test_section_stands_before_the_hottest_inlet(results):
    results.summary["racks"][10]["inlet_max_c"] = 99.0
    device = views.hottest_rack(results)
    assert device is not None
    assert device.name == "B03"
    axis, at = views.plane_before(device, results.hall)
    assert (axis, at) == (1, pytest.approx(5.1 - 0.3))  # row B breathes in towards -y


def test_a_direction_along_an_axis_sees_two_sides_of_the_hall(hall):
    across, high = scene.view_size(Box((0.0, 0.0, 0.0), hall.size), (0.0, -1.0, 0.0))
    assert across / high == pytest.approx(12.0 / 4.0)


def test_solid_cells_have_no_temperature(results):
    T = results.fields.T_celsius
    assert np.isnan(T[results.fields.solid]).all()
    assert np.isfinite(T[~results.fields.solid]).all()


def test_a_window_without_a_screen_is_refused_in_words(results, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match=r"no screen .* `--screenshot` writes"):
        views.show(results)

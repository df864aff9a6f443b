"""The hall in three dimensions: its meshes, and images of them drawn without a window."""

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pyvista as pv
from matplotlib import colormaps
from matplotlib.colors import BoundaryNorm, ListedColormap

from geometry.errors import InputError
from geometry.hall import Box, Device, Hall, axis_of, side_of
from rehall.plan import rows_of, solid_boxes
from rehall.results import FaceTemperature, Fields, Results

COLOURS = "plasma"  # perceptually uniform, and the colour-blind can read it
SCALE = (15.0, 45.0)  # [degC], the same on every picture, so that two halls compare by eye
BANDS = 12  # of 2.5 K each
SEEDS = 80  # streamlines in one picture
GREY, WALLS, SHEETS, HOLES = "#D0D0D0", "#7F7F7F", "#5588BB", "#882255"

Scale = tuple[float, float]
Direction = tuple[float, float, float]
Plotter = Any  # a pv.Plotter, whose decorators hide its types from mypy


def norm(scale: Scale) -> BoundaryNorm:
    """Bands of temperature; below and above the scale have colours of their own."""
    return BoundaryNorm(np.linspace(*scale, BANDS + 1), ncolors=256, extend="both")


def band_style(scale: Scale) -> dict[str, Any]:
    """How VTK colours a temperature [degC]: in the same bands as the bar, whatever the light."""
    edges, bands = np.linspace(*scale, BANDS + 1), norm(scale)
    below, *within, above = (
        colormaps[COLOURS](bands(T))
        for T in (scale[0] - 1.0, *(0.5 * (edges[1:] + edges[:-1])), scale[1] + 1.0)
    )
    return {
        "scalars": "T [degC]",
        "cmap": ListedColormap(within),
        "below_color": below,
        "above_color": above,
        "clim": scale,
        "n_colors": BANDS,
        "lighting": False,
        "show_scalar_bar": False,
    }


def air_grid(fields: Fields) -> pv.RectilinearGrid:
    """Fields as a grid of VTK; temperature in degC under `T [degC]`."""
    grid = pv.RectilinearGrid(*fields.edges)
    flat = {"T [degC]": fields.T - 273.15, "p [Pa]": fields.p, "solid": fields.solid.astype("u1")}
    for name, array in flat.items():
        grid.cell_data[name] = array.ravel(order="F")
    grid.cell_data["velocity"] = fields.velocity.reshape(-1, 3, order="F")
    return grid


def box_mesh(box: Box) -> pv.PolyData:
    """Surface of a box; of a rectangle, both its sides."""
    bounds = [value for pair in zip(box.lower, box.upper, strict=True) for value in pair]
    return pv.Box(bounds)


def merged_boxes(boxes: list[Box]) -> pv.PolyData | None:
    """Many boxes as one mesh, which draws faster than one mesh each; None where there are none."""
    return pv.merge([box_mesh(box) for box in boxes]) if boxes else None


def face_mesh(device: Device, face: FaceTemperature) -> pv.StructuredGrid:
    """Cells of an intake face, a hair in front of the device, with their temperature [degC]."""
    axis = axis_of(device.intake)
    plane = device.box.face(device.intake).lower[axis] + 0.005 * side_of(device.intake)
    edges: list[np.ndarray] = [face.first, face.second]
    edges.insert(axis, np.array([plane]))
    mesh = pv.RectilinearGrid(*edges).cast_to_structured_grid()
    mesh.cell_data["T [degC]"] = np.asarray(face.T).ravel(order="F") - 273.15
    return mesh


def seeds(hall: Hall, fields: Fields) -> np.ndarray:
    """Points where streamlines start [m]: just outside of what blows air into the hall.

    That is the discharge of cooling units, supply openings, and the openings to outdoors through
    which air enters; in a hall with none of these, the discharge of all equipment.
    """
    sources = [
        (device.box.face(device.discharge), side_of(device.discharge))
        for device in hall.devices
        if device.streams == "mixed"
    ]
    for opening in hall.openings:
        axis = opening.rectangle.flat_axis
        if opening.kind != "exhaust" and axis is not None:
            sources.append((opening.rectangle, 1 if opening.rectangle.lower[axis] == 0.0 else -1))
    sources = sources or [(d.box.face(d.discharge), side_of(d.discharge)) for d in hall.devices]
    if not sources:
        return np.zeros((0, 3))
    areas = np.array([_area(rectangle) for rectangle, _ in sources])
    counts = np.maximum(1, np.round(SEEDS * areas / areas.sum()).astype(int))
    return np.concatenate(
        [_points(*source, count, fields) for source, count in zip(sources, counts, strict=True)]
    )


def _area(rectangle: Box) -> float:
    """Area of a rectangle [m2]."""
    return float(np.prod([length for length in rectangle.size if length > 0.0]))


def _points(rectangle: Box, side: int, count: int, fields: Fields) -> np.ndarray:
    """About `count` points evenly over a rectangle, in the cells before it where air comes out."""
    axis = rectangle.flat_axis
    assert axis is not None
    (a, length_a), (b, length_b) = (
        (i, length) for i, length in enumerate(rectangle.size) if i != axis
    )
    across = max(1, round((count * length_a / length_b) ** 0.5))
    along = max(1, round(count / across))
    points = np.empty((across * along, 3))
    grid_a, grid_b = np.meshgrid(
        (np.arange(across) + 0.5) / across, (np.arange(along) + 0.5) / along
    )
    points[:, a] = rectangle.lower[a] + length_a * grid_a.ravel()
    points[:, b] = rectangle.lower[b] + length_b * grid_b.ravel()
    edges = fields.edges[axis]
    last = len(edges) - 2
    before = np.searchsorted(edges, rectangle.lower[axis] + 1e-6 * side, side="right") - 1
    points[:, axis] = fields.centres[axis][min(max(int(before), 0), last)]
    cell = tuple(
        np.clip(np.searchsorted(e, points[:, i], side="right") - 1, 0, len(e) - 2)
        for i, e in enumerate(fields.edges)
    )
    return points[side * fields.velocity[cell][:, axis] > 0.0]


def streamlines(results: Results) -> pv.PolyData | None:
    """Paths of the air from its sources, with temperature [degC]; None where none flows."""
    points = seeds(results.hall, results.fields)
    if len(points) == 0:
        return None
    air = air_grid(results.fields).cell_data_to_point_data()
    lines = air.streamlines_from_source(
        pv.PolyData(points),
        vectors="velocity",
        integration_direction="forward",
        max_length=3.0 * sum(results.hall.size),
        initial_step_length=0.3,
        terminal_speed=1e-3,
    )
    return lines if lines.n_points else None


def add_shell(plotter: Plotter, hall: Hall) -> None:
    """Floor, and the edges of walls, partitions and openings.

    Edges only: a sheet, however thin, would change the colours behind it.
    """
    room = Box((0.0, 0.0, 0.0), hall.size)
    plotter.add_mesh(box_mesh(room.face("-z")), color="#F4F4F4", lighting=False)
    plotter.add_mesh(box_mesh(room).extract_feature_edges(), color=WALLS, line_width=2)
    sheets = [baffle.rectangle for baffle in hall.baffles]
    holes = [opening.rectangle for opening in hall.openings]
    for rectangles, colour, width in ((sheets, SHEETS, 1.5), (holes, HOLES, 3)):
        mesh = merged_boxes(rectangles)
        if mesh is not None:
            plotter.add_mesh(mesh.extract_feature_edges(), color=colour, line_width=width)


def add_equipment(plotter: Plotter, hall: Hall) -> None:
    """Equipment and obstacles in grey; the first and the last of a row with their names."""
    solids = merged_boxes(solid_boxes(hall))
    if solids is None:
        return
    plotter.add_mesh(solids, color=GREY, show_edges=True, edge_color="#666666", ambient=0.2)
    named = [row[i] for row in rows_of(hall.devices) for i in sorted({0, len(row) - 1})]
    if named:
        tops = [(np.add(d.box.lower, d.box.upper) / 2)[:2].tolist() for d in named]
        points = [(x, y, d.box.upper[2] + 0.1) for (x, y), d in zip(tops, named, strict=True)]
        plotter.add_point_labels(
            np.array(points),
            [device.name for device in named],
            font_size=11,
            text_color="black",
            shape_color="white",
            shape_opacity=0.7,
            show_points=False,
            margin=1,
        )


def add_temperature(plotter: Plotter, mesh: pv.DataSet, scale: Scale, **style: float) -> None:
    """Add a mesh coloured by its temperature on the common scale [degC]."""
    plotter.add_mesh(mesh, **band_style(scale), **style)


def faces(results: Results) -> list[pv.StructuredGrid]:
    """Intake faces of all devices that have their temperatures."""
    devices = {device.name: device for device in results.hall.devices}
    return [face_mesh(devices[name], face) for name, face in results.face_temperatures.items()]


def image(
    fill: Callable[[Plotter], None], frame: Box, direction: Direction, width: int
) -> np.ndarray:
    """Pixels of a box of the hall seen from a direction in parallel projection."""
    if "DISPLAY" not in os.environ:  # VTK falls back to EGL by itself, but warns on the way
        pv.vtk_verbosity("error")
    across, high = view_size(frame, direction)
    window = [width, round(width * high / across)]
    plotter: Plotter = pv.Plotter(off_screen=True, window_size=window, lighting="none")
    plotter.add_light(pv.Light(light_type="headlight"))
    fill(plotter)
    plotter.add_axes(color="black", line_width=3, viewport=(0.0, 0.0, 0.12, 0.2))
    plotter.view_vector(direction, viewup=(0.0, 0.0, 1.0))
    middle = 0.5 * (np.array(frame.lower) + np.array(frame.upper))
    plotter.camera.position = tuple(middle + 100.0 * np.array(direction))
    plotter.camera.focal_point = tuple(middle)
    plotter.enable_parallel_projection()
    plotter.camera.parallel_scale = 0.5 * high
    plotter.reset_camera_clipping_range()
    pixels = plotter.screenshot(return_img=True)
    plotter.close()
    return np.asarray(pixels)


def view_size(frame: Box, direction: Direction) -> tuple[float, float]:
    """Width and height of a box as seen from a direction, with a margin [m]."""
    towards = np.array(direction) / np.linalg.norm(direction)
    right = np.cross((0.0, 0.0, 1.0), towards)
    right /= np.linalg.norm(right)
    up = np.cross(towards, right)
    spans = [float(np.abs(axis) @ np.array(frame.size)) for axis in (right, up)]
    return (1.04 * spans[0], 1.04 * spans[1])


def show(results: Results, scale: Scale = SCALE) -> None:
    """Open a window with the hall and a plane of temperature that the mouse can move."""
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        message = "no screen to open a window on; `--screenshot` writes the pictures instead"
        raise InputError.of("", message)
    plotter: Plotter = pv.Plotter(window_size=[1500, 900])
    add_shell(plotter, results.hall)
    add_equipment(plotter, results.hall)
    air = air_grid(results.fields).threshold(0.5, scalars="solid", invert=True)
    plotter.add_mesh_slice(air, normal="z", **band_style(scale))
    plotter.add_scalar_bar(title="Air temperature [degC]", n_labels=BANDS // 2 + 1)
    for mesh in faces(results):
        add_temperature(plotter, mesh, scale)
    plotter.add_axes()
    plotter.show()

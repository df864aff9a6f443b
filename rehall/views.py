"""Pictures of the results: plan, section, rack faces and streamlines on one scale, and loops."""

from pathlib import Path
from typing import Any

import numpy as np
import pyvista as pv
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from geometry.hall import AXES, Box, Device, Hall, axis_of, side_of
from rehall import scene
from rehall.lettering import Lettering
from rehall.loop_plot import draw_loops
from rehall.plan import draw_air_paths, label_equipment, plan_axes, rows_of, save, solid_boxes
from rehall.results import CHAIN, PICTURES, Fields, Results

HEIGHT = 1.2  # of the plan [m]: the middle of a rack
AHEAD = 0.3  # of the section before the intake [m]: inside the cold aisle
ARROWS = 45  # velocity vectors along the section

BAR_TITLE = "Air temperature [degC]"
SOLID = "#D9D9D9"

Scale = scene.Scale


def screenshots(results: Results, out_dir: Path, scale: Scale = scene.SCALE) -> list[Path]:
    """Draw air, loops and the power chain into a folder.

    `scale` [degC] is that of all pictures of air.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = [out_dir / name for name in PICTURES]
    drawings = (heat_map, section, rack_faces, streamlines)
    for draw, path in zip(drawings, paths, strict=True):
        draw(results, path, scale)
    paths += draw_loops(results.summary, results.hall, out_dir)
    return paths + draw_chain(results.summary, out_dir)


def draw_chain(summary: dict[str, Any], out_dir: Path) -> list[Path]:
    """Draw the power chain of a run into a folder; nothing where it has none or no solution."""
    nodes, loads = summary.get("power_nodes", []), summary.get("power_loads", [])
    if not loads or any(node["load_kva"] is None for node in nodes):
        return []
    from rehall.single_line import write_single_line

    path, title = out_dir / CHAIN, f"{summary['case']}: power chain in the normal state"
    write_single_line(nodes, loads, title, path)
    return [path]


def show(results: Results) -> None:
    """Open the interactive window of `rehall view`."""
    scene.show(results)


def heat_map(results: Results, path: Path, scale: Scale = scene.SCALE) -> None:
    """Temperature on a plan 1.2 m above the floor."""
    fields, hall = results.fields, results.hall
    layer, height = nearest(fields, 2, HEIGHT)
    T = fields.T_celsius[:, :, layer]
    figure, axes = plan_axes(hall, f"Air temperature {height:.2f} m above the floor")
    axes.add_patch(Rectangle((0, 0), *hall.size[:2], facecolor=SOLID))
    paint(axes, fields.x, fields.y, T.T, scale)
    for box in solid_boxes(hall):
        here = box.lower[2] <= height <= box.upper[2]
        axes.add_patch(outline(box, (0, 1), here))
    cut = at_height(hall, height)
    draw_air_paths(axes, cut)
    label_equipment(axes, cut)
    colour_bar(figure, axes, scale, "vertical").set_label(f"{BAR_TITLE}; {reach(T)}")
    save(figure, path)


def section(results: Results, path: Path, scale: Scale = scene.SCALE) -> None:
    """Temperature and velocity on an upright plane before the row with the hottest inlet."""
    fields, hall = results.fields, results.hall
    device = hottest_rack(results)
    axis, wanted = (1, 0.5 * hall.size[1]) if device is None else plane_before(device, hall)
    index, at = nearest(fields, axis, wanted)
    along = 1 - axis
    T = np.take(fields.T_celsius, index, axis=axis)
    velocity = np.take(fields.velocity, index, axis=axis)[..., [along, 2]]
    figure = canvas(min(max(14.0 * hall.size[2] / hall.size[along], 1.5), 8.0) + 2.0)
    axes = figure.add_subplot()
    axes.set_facecolor(SOLID)
    paint(axes, fields.edges[along], fields.z, T.T, scale)
    quiver(axes, fields, along, velocity, np.take(fields.solid, index, axis=axis))
    axes.set_xlim(0.0, hall.size[along])
    axes.set_ylim(0.0, hall.size[2])
    axes.set_aspect("equal")
    draw_sheets(axes, hall, axis, at)
    if device is not None:
        draw_row(axes, hall, device)
    axes.set_xlabel(f"{AXES[along]} [m]")
    axes.set_ylabel("z [m]")
    what = f"{AHEAD} m before the intake of {device.name}, the hottest" if device else "mid-hall"
    axes.set_title(f"Section at {AXES[axis]} = {at:.2f} m, {what}", loc="left", parse_math=False)
    colour_bar(figure, axes, scale, "horizontal").set_label(f"{BAR_TITLE}; {reach(T)}")
    save(figure, path)


def rack_faces(results: Results, path: Path, scale: Scale = scene.SCALE) -> None:
    """Intake faces by temperature, seen from two opposite corners, so that none is hidden."""
    meshes = scene.faces(results)

    def fill(plotter: scene.Plotter) -> None:
        scene.add_shell(plotter, results.hall)
        scene.add_equipment(plotter, results.hall)
        if meshes:
            scene.add_temperature(plotter, pv.merge(meshes), scale)

    corners = {"Seen from -x, -y": (-1.0, -1.6, 1.5), "Seen from +x, +y": (1.0, 1.6, 1.5)}
    frame = Box((0.0, 0.0, 0.0), results.hall.size)
    across, high = scene.view_size(frame, corners["Seen from -x, -y"])
    stacked = high / across < 0.7  # wide halls one above the other, or racks are dots
    width = 1450 if stacked else 740
    images = {
        title: scene.image(fill, frame, direction, width) for title, direction in corners.items()
    }
    compose(images, stacked, scale, "Air at the intake faces [degC]", path)


def streamlines(results: Results, path: Path, scale: Scale = scene.SCALE) -> None:
    """Where the supplied air goes, and how warm it gets on its way."""
    lines = scene.streamlines(results)

    def fill(plotter: scene.Plotter) -> None:
        scene.add_shell(plotter, results.hall)
        scene.add_equipment(plotter, results.hall)
        if lines is not None:
            scene.add_temperature(plotter, lines, scale, line_width=1.6)

    direction = (-0.9, -1.6, 1.3)
    room = Box((0.0, 0.0, 0.0), results.hall.size)
    across, high = scene.view_size(room, direction)
    width = round(min(1450.0, 850.0 * across / high))
    pixels = scene.image(fill, room, direction, width)
    title = "Streamlines from where air is supplied" if lines else "No air is supplied"
    compose({title: pixels}, True, scale, BAR_TITLE, path)


def compose(
    images: dict[str, np.ndarray], stacked: bool, scale: Scale, bar_title: str, path: Path
) -> None:
    """Images with their titles, one above or beside the other, over one bar of the scale."""
    high, wide, _ = next(iter(images.values())).shape
    rows = len(images) if stacked else 1
    columns = len(images) // rows
    inches = min(14.6 / columns, wide / 100.0) * high / wide
    figure = canvas(rows * (inches + 0.4) + 0.9)
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes, (title, pixels) in zip(panels.flat, images.items(), strict=True):
        axes.imshow(pixels)
        axes.set_title(title, loc="left")
        axes.set_axis_off()
    colour_bar(figure, list(panels.flat), scale, "horizontal").set_label(bar_title)
    save(figure, path)


def canvas(inches: float) -> Figure:
    """Figure of 1500 pixels width and a given height [inches of 100 pixels]."""
    figure = Figure(figsize=(15.0, inches), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def nearest(fields: Fields, axis: int, position: float) -> tuple[int, float]:
    """Index of the layer of cells that holds a position, and the position of its centre [m]."""
    edges, centres = fields.edges[axis], fields.centres[axis]
    index = int(np.clip(np.searchsorted(edges, position, side="right") - 1, 0, len(centres) - 1))
    return index, float(centres[index])


def hottest_rack(results: Results) -> Device | None:
    """The device with the hottest inlet among those that take air in from the side."""
    upright = {d.name: d for d in results.hall.devices if axis_of(d.intake) != 2}
    rows = [
        (row["inlet_max_c"], row["name"])
        for row in results.summary.get("racks", [])
        if row.get("inlet_max_c") is not None and row["name"] in upright
    ]
    return upright[max(rows)[1]] if rows else None


def plane_before(device: Device, hall: Hall) -> tuple[int, float]:
    """Axis and position [m] of the plane just before a device's intake, inside the hall."""
    axis = axis_of(device.intake)
    face = device.box.face(device.intake).lower[axis]
    return axis, min(max(face + AHEAD * side_of(device.intake), 0.0), hall.size[axis])


def at_height(hall: Hall, height: float) -> Hall:
    """Return the hall with only those partitions and openings that a plan at a height [m] cuts."""

    def cut(box: Box) -> bool:
        return box.lower[2] <= height <= box.upper[2]

    baffles = tuple(baffle for baffle in hall.baffles if cut(baffle.rectangle))
    openings = tuple(opening for opening in hall.openings if cut(opening.rectangle))
    return Hall(hall.size, hall.blocks, hall.devices, openings, baffles)


def paint(axes: Axes, a: np.ndarray, b: np.ndarray, T: np.ndarray, scale: Scale) -> None:
    """Cells of a plane in the colour of their temperature [degC]; solid cells stay bare."""
    axes.pcolormesh(a, b, np.ma.masked_invalid(T), cmap=scene.COLOURS, norm=scene.norm(scale))


def colour_bar(figure: Figure, axes: Axes | list[Axes], scale: Scale, orientation: str) -> Colorbar:
    """Bar of the scale beside or below the axes."""
    shape = {"shrink": 0.85, "aspect": 25} if orientation == "vertical" else {"aspect": 60}
    mappable = ScalarMappable(scene.norm(scale), scene.COLOURS)
    bar = figure.colorbar(mappable, ax=axes, orientation=orientation, pad=0.01, **shape)
    bar.set_ticks(np.linspace(*scale, scene.BANDS // 2 + 1).tolist())
    return bar


def reach(T: np.ndarray) -> str:
    """Lowest and highest temperature of a plane [degC], as text."""
    air = T[np.isfinite(T)]
    return f"on this plane {air.min():.1f} to {air.max():.1f}" if air.size else "no air here"


def outline(box: Box, axes: tuple[int, int], solid: bool = True) -> Rectangle:
    """Edges of a box in a plane; dashed where the plane misses it."""
    a, b = axes
    return Rectangle(
        (box.lower[a], box.lower[b]),
        box.size[a],
        box.size[b],
        fill=False,
        edgecolor="black",
        lw=0.8,
        ls="-" if solid else (0, (3, 2)),
    )


def quiver(axes: Axes, fields: Fields, along: int, velocity: np.ndarray, solid: np.ndarray) -> None:
    """Velocity in the plane at evenly spaced points, with a key [m/s]."""
    spacing = (fields.edges[along][-1] - fields.edges[along][0]) / ARROWS
    a, b = (
        np.arange(edges[0] + spacing / 2, edges[-1], spacing)
        for edges in (fields.edges[along], fields.z)
    )
    i = np.searchsorted(fields.edges[along], a, side="right") - 1
    j = np.searchsorted(fields.z, b, side="right") - 1
    arrows = np.where(solid[..., None], np.nan, velocity)[np.ix_(i, j)]
    speeds = np.linalg.norm(arrows, axis=-1)
    fast = np.nanquantile(speeds, 0.98) if np.isfinite(speeds).any() else 0.0
    if fast == 0.0:
        return
    key = float(f"{fast:.1g}")
    drawn = axes.quiver(
        *np.meshgrid(a, b, indexing="ij"),
        arrows[..., 0],
        arrows[..., 1],
        angles="xy",
        scale_units="xy",
        scale=fast / (1.4 * spacing),
        width=0.0012,
        color="white",
        edgecolor="black",
        linewidth=0.3,
    )
    axes.quiverkey(drawn, 0.94, 1.04, key, f"{key:g} m/s", labelpos="W", color="black")


def draw_sheets(axes: Axes, hall: Hall, axis: int, at: float) -> None:
    """Partitions where the plane cuts them, dashed where air passes through them."""
    for baffle in hall.baffles:
        lower, upper = baffle.rectangle.lower, baffle.rectangle.upper
        if baffle.rectangle.flat_axis != axis and lower[axis] <= at <= upper[axis]:
            ends = ([lower[1 - axis], upper[1 - axis]], [lower[2], upper[2]])
            dashes = "-" if np.isinf(baffle.loss_coefficient) else (0, (2, 1))
            axes.plot(*ends, color="black", lw=2, ls=dashes)


def draw_row(axes: Axes, hall: Hall, device: Device) -> None:
    """Outlines of the row behind the plane, with as many names as there is room for."""
    lettering = Lettering(axes, [])
    row = next(row for row in rows_of(hall.devices) if device in row)
    along = 1 - axis_of(device.intake)
    for other in row:
        axes.add_patch(outline(other.box, (along, 2)))
        lower, upper = other.box.lower, other.box.upper
        lettering.inside(
            other.name, Box((lower[along], lower[2], 0.0), (upper[along], upper[2], 0.0))
        )

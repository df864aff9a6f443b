"""Plan of a hall from its geometry alone: what stands where, which way it breathes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon, Rectangle

from geometry.hall import Box, Device, Hall, Opening, axis_of, side_of
from rehall.labels import title_of
from rehall.lettering import Lettering
from rehall.results import aside

# Okabe and Ito (2008), colours that the colour-blind can tell apart.
KIND_COLOURS = {
    "rack": "#56B4E9",
    "miner_shelf": "#E69F00",
    "cooling_unit": "#009E73",
    "cdu": "#CC79A7",
}
OTHER_COLOURS = ("#F0E442", "#D55E00", "#999999", "#0072B2")
OPENING_COLOURS = {"supply": "#0072B2", "exhaust": "#D55E00", "outdoor": "#882255"}
BLOCK_COLOUR = "#BBBBBB"
AIR_PATH = "#444444"  # partitions and containment


def draw_plan(hall: Hall, out_png: Path, title: str) -> None:
    """Draw the plan of a hall into a PNG file."""
    figure, axes = plan_axes(hall, title)
    colours = kind_colours(hall)
    for block in hall.blocks:
        axes.add_patch(footprint(block.box, facecolor=BLOCK_COLOUR, edgecolor="black", lw=0.5))
    for device in hall.devices:
        axes.add_patch(
            footprint(device.box, facecolor=colours[device.kind], edgecolor="black", lw=0.5)
        )
        for arrow in intake_arrow(device, hall):
            axes.add_patch(arrow)
    draw_air_paths(axes, hall)
    label_equipment(axes, hall)
    handles = list(legend_handles(hall, colours))
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False, fontsize=9)
    save(figure, out_png)


def plan_axes(hall: Hall, title: str) -> tuple[Figure, Axes]:
    """Figure of 1500 pixels width with the hall's walls, its dimensions and a scale."""
    length, width, height = hall.size
    inches = min(max(15.0 * width / length, 4.0), 8.5) + 1.5
    figure = Figure(figsize=(15.0, inches), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(f"{title}: {length:g} m x {width:g} m, {height:g} m high", loc="left")
    frame_plan(axes, hall)
    return figure, axes


def frame_plan(axes: Axes, hall: Hall) -> None:
    """Walls, axes in metres and a scale bar; one metre is as long along x as along y."""
    length, width, _ = hall.size
    margin = 0.03 * max(length, width)
    axes.add_patch(Rectangle((0, 0), length, width, fill=False, edgecolor="black", lw=2))
    axes.set_xlim(-margin, length + margin)
    axes.set_ylim(-margin, width + margin)
    axes.set_aspect("equal")
    scale_bar(axes, hall)
    axes.set_xlabel("x [m]")
    axes.set_ylabel("y [m]")


def scale_bar(axes: Axes, hall: Hall) -> None:
    """Bar of a round length above the upper right corner of the plan."""
    length, width, _ = hall.size
    bar = next(step for step in (100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5) if step < length / 4)
    y = width + 0.015 * max(length, width)
    axes.plot([length - bar, length], [y, y], color="black", lw=4, solid_capstyle="butt")
    axes.text(length - bar - 0.005 * length, y, f"{bar:g} m", ha="right", va="center", fontsize=9)


def kind_colours(hall: Hall) -> dict[str, str]:
    """Colour of each kind of device in the hall; kinds without one of their own get the rest."""
    kinds = dict.fromkeys(device.kind for device in hall.devices)
    others = [kind for kind in kinds if kind not in KIND_COLOURS]
    rest = {kind: OTHER_COLOURS[i % len(OTHER_COLOURS)] for i, kind in enumerate(others)}
    return {kind: KIND_COLOURS.get(kind, rest.get(kind, "")) for kind in kinds}


def solid_boxes(hall: Hall) -> list[Box]:
    """Boxes of all that air flows around."""
    return [device.box for device in hall.devices] + [block.box for block in hall.blocks]


def footprint(box: Box, **style: object) -> Rectangle:
    """Outline of a box seen from above."""
    return Rectangle(box.lower[:2], box.size[0], box.size[1], **style)  # type: ignore[arg-type]


def intake_arrow(device: Device, hall: Hall) -> Iterator[Polygon]:
    """Triangle before the intake that points the way the air goes; none for a vertical one."""
    axis, side = axis_of(device.intake), side_of(device.intake)
    if axis == 2:
        return
    across = 1 - axis
    lower, upper = device.box.lower, device.box.upper
    middle = 0.5 * (lower[across] + upper[across])
    half = min(0.3 * (upper[across] - lower[across]), 0.008 * max(hall.size))
    tip = upper[axis] if side > 0 else lower[axis]
    base = tip + side * 1.2 * half
    corners = [(base, middle - half), (base, middle + half), (tip, middle)]
    points = [(a, b) if axis == 0 else (b, a) for a, b in corners]
    yield Polygon(points, closed=True, facecolor="black", edgecolor="none")


def draw_air_paths(axes: Axes, hall: Hall) -> None:
    """Partitions, containment, tiles and openings."""
    for baffle in hall.baffles:
        porous = baffle.loss_coefficient != float("inf")
        lower, upper = baffle.rectangle.lower, baffle.rectangle.upper
        if baffle.rectangle.flat_axis == 2:  # a floor, a ceiling or a tile
            style = {"lw": 0.6, "ls": (0, (1, 3)), "hatch": "...." if porous else None}
            axes.add_patch(footprint(baffle.rectangle, fill=False, edgecolor=AIR_PATH, **style))
        else:
            dashes = (0, (2, 1)) if porous else "-"
            ends = ([lower[0], upper[0]], [lower[1], upper[1]])
            axes.plot(*ends, color=AIR_PATH, lw=1.8, ls=dashes, solid_capstyle="butt")
    for opening in hall.openings:
        in_wall = opening.rectangle.flat_axis != 2
        axes.add_patch(
            footprint(
                opening.rectangle,
                fill=False,
                edgecolor=OPENING_COLOURS[opening.kind],
                lw=6 if in_wall else 1.5,
                hatch=None if in_wall else "xx",
            )
        )


def label_equipment(axes: Axes, hall: Hall) -> None:
    """Names inside what is large enough; of a dense row only the first and the last, beside it."""
    solids = solid_boxes(hall)
    solids += [Box((0.0, 0.0, 0.0), hall.size).face(face) for face in ("-x", "+x", "-y", "+y")]
    solids += [o.rectangle for o in hall.openings if o.rectangle.flat_axis == 2]
    solids += [b.rectangle for b in hall.baffles if b.rectangle.flat_axis != 2]
    lettering = Lettering(axes, solids)
    for block in hall.blocks:
        if not lettering.inside(block.name, block.box):
            lettering.beside(block.name, block.box)
    for row in rows_of(hall.devices):
        if all(lettering.fits(device.name, device.box) for device in row):
            for device in row:
                lettering.inside(device.name, device.box)
        else:
            lettering.ends(row)
    for opening in merged(hall.openings):
        lettering.beside(opening.name, opening.rectangle)


def rows_of(devices: Iterable[Device]) -> list[list[Device]]:
    """Devices of one kind that stand side by side and face the same way, in order.

    A gap wider than a device ends a row.
    """
    lines = defaultdict(list)
    for device in devices:
        axis = 1 if axis_of(device.intake) == 0 else 0
        level = (round(device.box.lower[1 - axis], 2), round(device.box.lower[2], 2))
        lines[device.kind, device.intake, axis, level].append(device)
    rows: list[list[Device]] = []
    for (_, _, axis, _), line in lines.items():
        line.sort(key=lambda device: device.box.lower[axis])
        rows.append(line[:1])
        for left, right in pairwise(line):
            gap = right.box.lower[axis] - left.box.upper[axis]
            if gap > right.box.size[axis]:
                rows.append([])
            rows[-1].append(right)
    return rows


def merged(openings: Sequence[Opening]) -> list[Opening]:
    """Of openings whose names differ only in their number, the first and the last."""
    families: dict[tuple[str, str], list[Opening]] = defaultdict(list)
    for opening in openings:
        families[opening.kind, opening.name.rstrip("0123456789 -_")].append(opening)
    return [family[i] for family in families.values() for i in sorted({0, len(family) - 1})]


def legend_handles(hall: Hall, colours: dict[str, str]) -> Iterator[Patch | Line2D]:
    """What the colours and lines of the plan mean, for what is in this hall."""
    for kind, colour in colours.items():
        yield Patch(facecolor=colour, edgecolor="black", label=title_of(kind))
    if hall.devices:
        yield Line2D([], [], marker="v", color="black", ls="", label="Air intake")
    if hall.blocks:
        yield Patch(facecolor=BLOCK_COLOUR, edgecolor="black", label="Obstacle or other equipment")
    coefficients = [baffle.loss_coefficient for baffle in hall.baffles]
    if float("inf") in coefficients:
        yield Line2D([], [], color=AIR_PATH, lw=1.8, label="Airtight partition")
    if any(value != float("inf") for value in coefficients):
        yield Line2D([], [], color=AIR_PATH, lw=1.8, ls=(0, (2, 1)), label="Porous partition, tile")
    for kind in dict.fromkeys(opening.kind for opening in hall.openings):
        yield Line2D([], [], color=OPENING_COLOURS[kind], lw=5, label=f"Opening: {kind}")


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, complete or not at all."""
    with aside(path) as part:
        figure.savefig(part, format="png")

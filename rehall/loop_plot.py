"""Pictures of loops: width by flow, colour by temperature, grey where nothing flows."""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geometry.hall import Hall
from rehall.loop_chart import FLOWLESS, Summary, charts
from rehall.loop_ladder import is_ladder, ladder
from rehall.loop_map import loop_map
from rehall.loop_sketch import Box, Line, Point, Sketch, Turning, Words, widths
from rehall.results import aside, picture_of_loop

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCALE = (15.0, 65.0)
"""[degC], the same on every picture of a loop, so that two states compare by eye."""
COLOURS = "plasma"  # as for the air
GREY, BROKEN, INK = "#A0A0A0", "#D55E00", "#222222"
WIDEST, THIN = 13.0, 1.2
"""Line of the largest flow, and of none [point]."""
POINTS = 8.0  # size of letters
BAR = 0.75  # height of the bar and what it needs [inch]


def draw_loops(summary: Summary, hall: Hall, out: Path) -> list[Path]:
    """Draw a picture of every loop into a folder; their paths."""
    paths = []
    for chart in charts(summary):
        path = out / picture_of_loop(chart.name)
        with aside(path) as part:
            sketch = ladder(chart) if is_ladder(chart) else loop_map(chart, hall)
            figure_of(sketch).savefig(part, format="png")
        paths.append(path)
    return paths


def figure_of(sketch: Sketch) -> "Figure":
    """A sketch as a figure, one unit of its coordinates an inch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    wide, high = sketch.size[0], sketch.size[1] + BAR + 0.4
    figure = Figure(figsize=(wide, high), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, wide)
    axes.set_ylim(-BAR, high - BAR)
    axes.set_axis_off()
    axes.text(0.3, high - BAR - 0.25, sketch.title, fontsize=11, va="center", parse_math=False)
    axes.text(0.3, high - BAR - 0.48, sketch.note, fontsize=POINTS, va="center")
    for line, width in zip(sketch.lines, widths([a.flow for a in sketch.lines]), strict=True):
        _draw_line(axes, line, WIDEST * width)
    for box in sketch.boxes:
        _draw_box(axes, box, 0 if sketch.on_plan else 4)
    for pump in sketch.pumps:
        _draw_pump(axes, pump)
    for words in sketch.words:
        _write(axes, words, BROKEN if words.warning else INK, sketch.on_plan)
    _key(figure, axes, sketch)
    return figure


def _draw_line(axes: "Axes", line: Line, width: float) -> None:
    """A line in the colours of its temperature; grey and broken where nothing flows."""
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection
    from matplotlib.colors import Normalize

    if line.still:
        axes.plot(*zip(*line.points, strict=True), color=GREY, lw=THIN, ls=(0, (3, 2)), zorder=1)
        return
    even = abs(line.T[0] - line.T[1]) < 0.1
    pieces = [np.asarray(line.points)] if even else _finely(line.points)
    T = np.linspace(*line.T, len(pieces))
    drawn = LineCollection(
        pieces,
        colors=colormaps[COLOURS](Normalize(*SCALE)(T)),
        linewidths=max(width, THIN),
        capstyle="projecting" if even else "butt",
        joinstyle="miter",
        zorder=2,
    )
    axes.add_collection(drawn)
    if line.arrow:
        _draw_arrow(axes, line, width)


def _finely(points: tuple[Point, ...], count: int = 30) -> list[np.ndarray]:
    """A line cut into `count` pieces for each of its parts."""
    parts = [np.linspace(a, b, count, endpoint=False) for a, b in pairwise(points)]
    corners = np.concatenate([*parts, [points[-1]]])
    return list(np.stack([corners[:-1], corners[1:]], axis=1))


def _draw_arrow(axes: "Axes", line: Line, width: float) -> None:
    """A head in the middle of the longest part, where there is room for one."""
    points = np.asarray(line.points)
    steps = np.diff(points, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    k = int(lengths.argmax())
    if lengths[k] > 0.2:
        middle, along = points[k] + 0.5 * steps[k], steps[k] / lengths[k]
        high = np.clip(width / 72.0, 0.06, 0.12)
        across = np.array([-along[1], along[0]])
        corners = [
            middle + high * along / 2,
            *(middle - high * (along + s * across) / 2 for s in (1, -1)),
        ]
        axes.fill(*np.transpose(corners), color="white", ec=INK, lw=0.4, zorder=3)


def _draw_box(axes: "Axes", box: Box, order: int) -> None:
    from matplotlib.patches import Rectangle

    edge = BROKEN if box.short else GREY if box.still else INK
    axes.add_patch(
        Rectangle(
            box.lower,
            *box.size,
            facecolor="#FCEFE6" if box.short else "#EEEEEE" if box.still else "white",
            edgecolor=edge,
            lw=2.0 if box.short else 0.8,
            zorder=order,
        )
    )
    for words in box.words:
        _write(axes, words, BROKEN if box.short else "#777777" if box.still else INK)


def _draw_pump(axes: "Axes", pump: Turning) -> None:
    """A circle with a triangle that points the way it pumps."""
    from matplotlib.patches import Circle, Polygon

    x, y = pump.at
    colour, r = (INK if pump.running else GREY), 0.12
    axes.add_patch(Circle(pump.at, r, facecolor="white", edgecolor=colour, lw=1.2, zorder=5))
    corners = [(x + r * np.sin(a), y + r * np.cos(a)) for a in np.radians([0.0, 130.0, 230.0])]
    axes.add_patch(Polygon(corners, facecolor=colour, zorder=6))


def _write(axes: "Axes", words: Words, colour: str, halo: bool = False) -> None:
    from matplotlib.patheffects import withStroke

    text = axes.text(
        *words.at,
        words.text,
        fontsize=POINTS,
        fontweight="bold" if words.bold else "normal",
        color=colour,
        rotation=90 if words.upright else 0,
        ha=words.side,
        va="center",
        zorder=7,
        parse_math=False,
    )
    if halo:
        text.set_path_effects([withStroke(linewidth=2.0, foreground="white")])


def _key(figure: "Figure", axes: "Axes", sketch: Sketch) -> None:
    """Bar of the temperatures, and how wide a line is for a flow."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    wide, high = figure.get_size_inches()
    bar = figure.add_axes((0.3 / wide, 0.42 / high, 6.0 / wide, 0.14 / high))
    figure.colorbar(
        ScalarMappable(Normalize(*SCALE), COLOURS),
        cax=bar,
        orientation="horizontal",
        extend="both",
        label="Temperature of the liquid [degC]",
    )
    bar.tick_params(labelsize=POINTS)
    bar.xaxis.label.set_fontsize(POINTS)
    y, x = 0.49 - BAR, 7.0
    largest = max(line.flow for line in sketch.lines)
    for share in (1.0, 0.25, 0.05) if largest > FLOWLESS else ():
        flow = float(f"{share * largest:.1g}")
        lw = max(WIDEST * (flow / largest) ** 0.5, THIN)
        axes.plot([x, x + 0.5], [y, y], color=INK, lw=lw, solid_capstyle="butt")
        axes.text(x + 0.6, y, f"{flow:,.0f} L/min", fontsize=POINTS, va="center")
        x += 1.6
    axes.plot([x, x + 0.5], [y, y], color=GREY, lw=THIN, ls=(0, (3, 2)))
    axes.text(x + 0.6, y, "nothing flows", fontsize=POINTS, va="center")

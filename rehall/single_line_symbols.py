"""Symbols of a single-line diagram, after IEC 60617: an outline in the colour of the loading."""

from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, to_hex, to_rgb
from matplotlib.patches import Circle, Patch, Rectangle

from rehall.single_line_parts import BARS, POINTS, Part, Words

INK, GREY, PALE, BROKEN = "#222222", "#8C8C8C", "#EAEAEA", "#D55E00"
COLOURS = matplotlib.colormaps["viridis"].with_extremes(over=BROKEN)
SCALE = Normalize(0.0, 100.0)
"""Load over what may be carried continuously [%]."""
DASHED = (0, (3, 2))
SYMBOLS, WORDS = 5, 8  # symbols cover lines, words cover both

Point = tuple[float, float]


class Pen(NamedTuple):
    """How a symbol is drawn."""

    axes: Axes
    fill: str
    edge: str
    width: float  # of the outline [point]
    dashed: bool = False
    hatch: str | None = None

    @property
    def mark(self) -> str:
        """Colour of marks on the fill."""
        if self.dashed:
            return self.edge
        return "white" if np.dot(to_rgb(self.fill), (0.30, 0.59, 0.11)) < 0.5 else INK

    def add(self, patch: Patch, label: str = "") -> None:
        """Draw an outline, filled."""
        patch.set(facecolor=self.fill, edgecolor=self.edge, linewidth=self.width, hatch=self.hatch)
        patch.set_hatch_linewidth(0.6)
        patch.set(linestyle=DASHED if self.dashed else "-", zorder=SYMBOLS, label=label)
        self.axes.add_patch(patch)

    def line(self, x: list[float], y: list[float], colour: str | None = None) -> None:
        """Draw a mark."""
        self.axes.plot(x, y, color=colour or self.mark, lw=0.9, zorder=SYMBOLS + 1)


def pen_of(axes: Axes, part: Part) -> Pen:
    """Grey and broken where dead, in the warning colour and hatched beyond the limit."""
    if part.kind == "loads":
        return Pen(axes, "#FCEFE6", BROKEN, 1.6) if part.short else Pen(axes, "white", INK, 0.6)
    if not part.live:
        return Pen(axes, PALE, GREY, 0.9, dashed=True)
    if part.share is None:
        return Pen(axes, "white", INK, 0.9)
    fill = to_hex(COLOURS(SCALE(100.0 * part.share)))
    return Pen(axes, fill, INK, 1.6 if part.over else 0.9, hatch="/////" if part.over else None)


def line(axes: Axes, points: tuple[Point, ...], fed: bool) -> None:
    """A line between parts, grey and broken where it feeds nothing; a dot where lines meet."""
    colour, style, order = (INK, "-", 3) if fed else (GREY, DASHED, 2)
    (drawn,) = axes.plot(*zip(*points, strict=True), color=colour, lw=1.0, ls=style, zorder=order)
    drawn.set(solid_capstyle="projecting")
    if len(points) == 1:
        drawn.set(marker="o", markersize=3.0, markeredgewidth=0.0)


def write(axes: Axes, words: Words, at: Point, colour: str = INK) -> None:
    """Write to the right of a point."""
    text = axes.text(*at, words.text, fontsize=POINTS, color=colour, zorder=WORDS)
    text.set(fontweight="bold" if words.bold else "normal", va="center_baseline")
    text.set_parse_math(False)  # a dollar in a name is a dollar


def draw(pen: Pen, part: Part, at: Point, right: float, inputs: list[tuple[float, bool]]) -> None:
    """Draw a part; a bar reaches to `right`, `inputs` are columns of lines and which one feeds."""
    (x, y), (half, high), label = at, part.outline, str(part.key)
    match part.kind:
        case "utility" | "generator":
            pen.add(Circle(at, half), label)
        case "transformer":
            for shift in (high - half, half - high):
                pen.add(Circle((x, y + shift), half), label)
        case kind if kind in BARS:
            pen.add(Rectangle((x - half, y - high), half + right, 2.0 * high), label)
        case _:
            pen.add(Rectangle((x - half, y - high), 2.0 * half, 2.0 * high), label)
    match part.kind:
        case "utility":
            sine(pen, at, 0.09)
        case "generator":
            letter(pen, "G", (x, y + 0.025))
            sine(pen, (x, y - 0.095), 0.05)
        case "transformer":
            ring = Circle((x, y + high - half), half, fill=False, zorder=SYMBOLS + 1)
            ring.set(edgecolor=pen.edge, linewidth=pen.width)
            ring.set_linestyle(DASHED if pen.dashed else "-")
            pen.axes.add_patch(ring)
        case "ups":
            pen.line([x, x], [y - high, y + high])
            converter(pen, (x - 0.5 * half, y), (0.5 * half, high), from_direct=False)
            converter(pen, (x + 0.5 * half, y), (0.5 * half, high), from_direct=True)
        case "rectifier":
            converter(pen, at, (half, high), from_direct=False)
        case "transfer_switch":
            switch(pen, at, high, inputs)
        case "tie" if part.live:
            pen.line([x - half, x + half], [y, y])


def converter(pen: Pen, at: Point, outline: Point, from_direct: bool) -> None:
    """A diagonal between the wave of alternating and the two bars of direct current."""
    (x, y), (half, high) = at, outline
    pen.line([x - half, x + half], [y - high, y + high])
    upper, lower = (x - 0.42 * half, y + 0.5 * high), (x + 0.42 * half, y - 0.5 * high)
    wave, bars = (lower, upper) if from_direct else (upper, lower)
    sine(pen, wave, 0.36 * half)
    for shift in (-0.018, 0.018):
        pen.line([bars[0] - 0.32 * half, bars[0] + 0.32 * half], [bars[1] + shift] * 2)


def switch(pen: Pen, at: Point, high: float, inputs: list[tuple[float, bool]]) -> None:
    """A contact for each input, and a blade from the output to the one that feeds."""
    x, y = at
    upper, lower = y + 0.45 * high, y - 0.55 * high
    pen.line([x, x], [y - high, lower])
    for column, feeds in inputs:
        pen.line([column, column], [y + high, upper])
        pen.axes.plot(column, upper, ".", color=pen.mark, ms=3.0, zorder=SYMBOLS + 1)
        if feeds:
            pen.line([x, column], [lower, upper])
    if not any(feeds for _, feeds in inputs):
        pen.line([x, x], [lower, upper])


def sine(pen: Pen, at: Point, half: float) -> None:
    """One wave."""
    t = np.linspace(-1.0, 1.0, 25)
    pen.line(list(at[0] - half * t), list(at[1] - 0.5 * half * np.sin(np.pi * t)))


def letter(pen: Pen, text: str, at: Point) -> None:
    """A letter in a symbol."""
    pen.axes.text(
        *at, text, color=pen.mark, fontsize=7.0, ha="center", va="center", zorder=SYMBOLS + 1
    )

"""Failures against limits as a picture: what breaks, after how long, and what is tight."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rehall.redundancy.alike import shortened
from rehall.redundancy.limit_words import word_of
from rehall.redundancy.matrix import (
    BROKEN,
    HOLDS,
    LITTLE,
    NORMAL,
    TIGHT,
    UNDECIDED,
    UNTOUCHED,
    Cell,
    Matrix,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FILLS = {
    BROKEN: ("#D55E00", "white"),
    UNDECIDED: ("#F0E442", "black"),
    TIGHT: ("#56B4E9", "black"),
    HOLDS: ("#B8DCCB", "black"),
    UNTOUCHED: ("#F4F4F4", "black"),
}
"""Colour of a cell and of its letters. Told apart by the colour-blind too: Okabe and Ito (2008)."""
SIGNS = {BROKEN: "✗", UNDECIDED: "?"}
KEY = {
    BROKEN: "broken; when, where that is known",
    UNDECIDED: "undecided",
    TIGHT: f"holds, less than {LITTLE:.0f} % left",
    HOLDS: "holds",
    UNTOUCHED: "as in the normal state, or off",
}
SAMPLE = {BROKEN: "12 s", TIGHT: "4 %"}
WIDE, HIGH = 0.56, 0.22
"""Size of a cell [inch]."""
POINTS, SMALL = 8.0, 7.0
LETTER = 0.6 / 72.0
"""Width of a letter, DejaVu Sans, over its size in points [inch]."""
LONGEST = 58
"""Letters of a failure's name that are shown."""
LINE = 0.17
"""Height of a line of text [inch]."""
EDGE = 0.15


def picture(matrix: Matrix, title: str) -> "Figure":
    """The matrix with its key, and what its columns mean, below it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [shortened(line.name, LONGEST) for line in matrix.lines]
    words = [word_of(name) for name in matrix.columns]
    left = EDGE + LETTER * POINTS * max(map(len, names), default=0) + 0.1
    across, down = WIDE * max(len(words), 1), HIGH * len(names)
    verdicts = LETTER * POINTS * len("unsolved") + 0.2
    width = max(left + across + verdicts + EDGE, 9.5)
    notes = _notes(matrix, width)
    columns = max(1, int((width - 2 * EDGE) / 3.6))
    meanings = -(-len(words) // columns) * LINE
    head = LETTER * POINTS * max((len(w.short) for w in words), default=0) + 0.75
    foot = 0.55 + meanings + LINE * len(notes) + EDGE
    figure = Figure(figsize=(width, head + down + foot), dpi=130)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0.0, width), ylim=(0.0, head + down + foot))
    axes.axis("off")
    _write(axes, EDGE, head + down + foot - 0.2, title, size=10)
    _heads(axes, matrix, left, foot + down)
    for n, (line, name) in enumerate(zip(matrix.lines, names, strict=True)):
        y = foot + down - HIGH * (n + 1)
        _write(axes, left - 0.08, y + 0.5 * HIGH, name, ha="right")
        for k, cell in enumerate(line.cells):
            _cell(axes, left + WIDE * k, y, cell)
        _write(axes, left + across + 0.1, y + 0.5 * HIGH, line.verdict)
    _rule(axes, matrix, left, foot + down, across)
    _key(axes, foot - 0.3)
    _meanings(axes, words, foot - 0.55, columns, (width - 2 * EDGE) / columns)
    for n, note in enumerate(notes):
        _write(axes, EDGE, foot - 0.55 - meanings - LINE * (n + 0.5), note, size=SMALL)
    return figure


def _heads(axes: "Axes", matrix: Matrix, left: float, top: float) -> None:
    """Short words upright over their columns, domains over those."""
    words = [word_of(name) for name in matrix.columns]
    above = top + 0.06 + LETTER * POINTS * max((len(w.short) for w in words), default=0)
    for k, word in enumerate(words):
        x = left + WIDE * (k + 0.5)
        _write(axes, x, top + 0.06, word.short, ha="center", va="bottom", rotation=90)
    first = 0
    for group, found in groupby(words, key=lambda word: word.group):
        last = first + len(list(found))
        ends = [left + WIDE * first + 0.04, left + WIDE * last - 0.04]
        axes.plot(ends, [above + 0.05] * 2, color="black", linewidth=1.2)
        _write(axes, sum(ends) / 2, above + 0.15, group, ha="center", weight="bold")
        first = last


def _cell(axes: "Axes", x: float, y: float, cell: Cell) -> None:
    from matplotlib.patches import Rectangle

    fill, letters = FILLS[cell.kind]
    axes.add_patch(Rectangle((x, y), WIDE, HIGH, facecolor=fill, edgecolor="white", linewidth=1.0))
    told = " ".join(part for part in (SIGNS.get(cell.kind, ""), cell.text) if part)
    middle = x + 0.5 * WIDE, y + 0.48 * HIGH
    _write(axes, *middle, told, ha="center", color=letters, size=SMALL)


def _rule(axes: "Axes", matrix: Matrix, left: float, top: float, across: float) -> None:
    """A line below the normal state."""
    if matrix.lines and matrix.lines[0].name == NORMAL:
        axes.plot([EDGE, left + across], [top - HIGH] * 2, color="black", linewidth=0.8)


def _key(axes: "Axes", y: float) -> None:
    """What the colours and signs mean, in one line."""
    x = EDGE
    for kind, told in KEY.items():
        _cell(axes, x, y - 0.5 * HIGH, Cell(kind, SAMPLE.get(kind, "")))
        _write(axes, x + WIDE + 0.06, y, told)
        x += WIDE + 0.25 + LETTER * POINTS * len(told)


def _meanings(axes: "Axes", words: Sequence[Any], top: float, columns: int, wide: float) -> None:
    """What the short words mean, in so many columns, each `wide` [inch]."""
    rows = -(-len(words) // columns)
    for n, word in enumerate(words):
        x, y = EDGE + wide * (n // rows), top - LINE * (n % rows + 0.5)
        _write(axes, x, y, f"{word.short}: {word.meaning}", size=SMALL)


def _notes(matrix: Matrix, width: float) -> list[str]:
    """What the picture leaves out."""
    return [line for note in _left_out(matrix) for line in textwrap.wrap(note, int(14 * width))]


def _left_out(matrix: Matrix) -> Iterator[str]:
    if matrix.left_out:
        told = ", ".join(f"{count} {verdict}" for verdict, count in matrix.left_out.items())
        many = sum(matrix.left_out.values())
        yield f"Not shown: {many} failures that are less severe ({told}); see redundancy.csv."
    if matrix.others:
        told = ", ".join(word_of(name).short for name in matrix.others)
        yield f"Not shown: limits that no failure changes ({told})."


def _write(axes: "Axes", x: float, y: float, text: str, **how: Any) -> None:
    size = how.pop("size", POINTS)
    how = {"va": "center", **how}
    axes.text(x, y, text, fontsize=size, parse_math=False, **how)

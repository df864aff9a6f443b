"""A single-line diagram of the power chain: what feeds what, how heavily loaded, what is dead."""

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rehall.results import aside
from rehall.single_line_key import HIGH, draw_key
from rehall.single_line_layout import layout
from rehall.single_line_parts import LINE, Key, Part, Row, Words, number, parts_of
from rehall.single_line_routes import inputs, route
from rehall.single_line_symbols import BROKEN, INK, draw, line, pen_of, write

MARGIN = 0.3  # at both sides [inch]
HEAD = 0.8  # for the title [inch]
NARROWEST = 13.0  # what the key needs with every kind of node, in two rows [inch]


def single_line(rows: list[Row], loads: list[Row], title: str) -> Figure:
    """Draw nodes from the sources down to groups of loads; a unit of the axes is an inch.

    A row has `name`, `kind`, `fed_by` (names), `fed_from` (a name or None), `live`, `load_kva`,
    `rating_kva`, `loading_pct` of it (both None where unrated) and `continuous_pct` of it. A load
    has `name`, `feeds` (names), `power_kw` wanted, `served_kw` of it, and `group`, its kind.
    """
    parts = parts_of(rows, loads)
    placed = layout(parts)
    y, wires, high = route(placed, parts)
    reach = max(placed.x[key] + part.extent("right") for key, part in parts.items())
    wide = max(reach + 2.0 * MARGIN, NARROWEST)
    left = 0.5 * (reach - wide)
    figure = Figure(figsize=(wide, HEAD + high + HIGH), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(left, left + wide), ylim=(-high - HIGH, HEAD))
    axes.set_axis_off()
    for wire in wires:
        line(axes, wire.points, wire.fed)
    for key, part in parts.items():
        at = (placed.x[key], y[key])
        columns = inputs(placed, key)
        contacts = [(x, placed.lines.edges[feed, key]["fed"]) for feed, x in columns.items()]
        draw(pen_of(axes, part), part, at, part.extent("right"), contacts)
        _describe(axes, part, at)
    left += MARGIN
    axes.text(left, HEAD - 0.3, title, fontsize=11, va="center", parse_math=False)
    _note(axes, rows, loads, parts, (left, HEAD - 0.55))
    draw_key(figure, axes, {row["kind"] for row in rows}, left, -high - HIGH)
    return figure


def write_single_line(rows: list[Row], loads: list[Row], title: str, path: Path) -> None:
    """Draw into a file in the format of its suffix; the same data give the same bytes."""
    kept: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "single line"}
    metadata = {"Date": None} if path.suffix == ".svg" else {}
    figure = single_line(rows, loads, title)
    with aside(path) as part, matplotlib.rc_context(kept):
        figure.savefig(part, format=path.suffix.removeprefix("."), metadata=metadata)


def _describe(axes: Axes, part: Part, at: tuple[float, float]) -> None:
    """Write the text of a part beside it, that of loads into their box."""
    left, upper = part.text_at
    plain = INK if part.live or part.kind == "loads" else "#6A6A6A"
    for n, words in enumerate(part.words):
        height = at[1] + upper - (n + 0.5) * LINE
        write(axes, words, (at[0] + left, height), BROKEN if words.warning else plain)


def _note(
    axes: Axes, rows: list[Row], loads: list[Row], parts: dict[Key, Part], at: tuple[float, float]
) -> None:
    """Write how much is served and what is wrong."""
    nodes = [parts[row["name"]] for row in rows]
    over = sum(part.over for part in nodes)
    dead = sum(not part.live and part.kind not in ("tie", "generator") for part in nodes)
    wanted, served = (sum(load[key] for load in loads) for key in ("power_kw", "served_kw"))
    wrong = [f"{number(wanted - served)} kW unserved"] if wanted - served > 1e-6 * wanted else []
    wrong += [f"{over} above the continuous limit"] if over else []
    wrong += [f"{dead} dead"] if dead else []
    text = f"{len(nodes)} nodes, {len(loads)} loads, {number(served)} kW served"
    write(axes, Words("; ".join([text, *wrong])), at, BROKEN if wrong else INK)

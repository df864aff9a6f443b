"""Pictures of a study: failures against limits, and the worst of them in time."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehall.redundancy.curves import Curve, Panel, panels
from rehall.redundancy.matrix import matrix_of
from rehall.redundancy.matrix_plot import picture
from rehall.redundancy.study import Studied
from rehall.redundancy.words import headline
from rehall.results import aside

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MATRIX, TIMES = "redundancy_matrix.png", "redundancy_times.png"
COLOURS = {
    "rack_inlet_max_transient": "#0072B2",
    "coolant_supply_max_transient": "#009E73",
    "chip_temperature_max_transient": "#D55E00",
}
"""Told apart by the colour-blind too. Okabe and Ito (2008)."""
ABOVE = 12.0
"""How far above the highest limit a panel shows temperatures [K]."""
WORDS = 0.35
"""Room for the words of events above the curves, over the range of temperatures [-]."""
Row = dict[str, Any]


def draw_matrix(summary: Row, out: Path) -> Path:
    """Draw failures against limits into the folder; the picture's path."""
    title = f"{summary['case']}: {headline(summary)}"
    with aside(out / MATRIX) as path:
        picture(matrix_of(summary), title).savefig(path, format="png")
    return out / MATRIX


def draw_times(studied: Studied, summary: Row, out: Path) -> Path | None:
    """Draw the states that break a limit soonest; nothing where none does in time."""
    shown = panels(studied, summary)
    if not shown:
        return None
    with aside(out / TIMES) as path:
        times(shown).savefig(path, format="png")
    return out / TIMES


def times(shown: list[Panel]) -> "Figure":
    """A panel for each state, two in a row."""
    from matplotlib.figure import Figure

    across = min(len(shown), 2)
    down = -(-len(shown) // across)
    figure = Figure(figsize=(7.0 * across, 3.7 * down), layout="constrained", dpi=130)
    grid = figure.subplots(down, across, squeeze=False)
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    for axes, panel in zip(grid.flat, shown, strict=False):
        _draw(axes, panel)
    return figure


def _draw(axes: "Axes", panel: Panel) -> None:
    """Curves with their limits, and when they pass them; later events as upright lines."""
    for curve in panel.curves:
        _curve(axes, curve)
    axes.set_xlim(0.0, panel.end)
    axes.set_ylim(*_range(panel))
    for at, told in panel.marks:
        axes.axvline(at, color="0.4", linestyle=":", linewidth=1)
        _mark(axes, at, told)
    axes.set_title(panel.title, fontsize=9, parse_math=False)
    axes.set_xlabel("time [s]", fontsize=8)
    axes.set_ylabel("temperature [degC]", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.17), frameon=False)


def _mark(axes: "Axes", at: float, told: str) -> None:
    """Words along an upright line, left of it at the top."""
    from matplotlib.patheffects import withStroke

    written = axes.annotate(
        *(told, (at, 0.98)),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-2, 0),
        textcoords="offset points",
        rotation=90,
        va="top",
        ha="right",
        fontsize=7,
        parse_math=False,
    )
    written.set_path_effects([withStroke(linewidth=2.0, foreground="white")])


def _curve(axes: "Axes", curve: Curve) -> None:
    colour = COLOURS[curve.limit_name]
    told = f"{curve.label}, limit {curve.limit:g} degC"
    axes.plot(curve.t, curve.T, color=colour, label=told)
    axes.axhline(curve.limit, color=colour, linestyle="--", linewidth=1)
    if curve.at is not None:
        axes.plot(curve.at, curve.limit, "o", color=colour, markersize=5)


def _range(panel: Panel) -> tuple[float, float]:
    """Lowest and highest temperature of a panel [degC]: what is far beyond limits is cut off."""
    shown = [curve.T[curve.t <= panel.end] for curve in panel.curves]
    limits = [curve.limit for curve in panel.curves]
    lowest = min([*limits, *(float(T.min()) for T in shown if len(T))])
    highest = max([*limits, *(float(T.max()) for T in shown if len(T))])
    top = min(highest + 3.0, max(limits) + ABOVE)
    words = WORDS * (top - lowest) if panel.marks else 0.0
    return lowest - 3.0, top + words

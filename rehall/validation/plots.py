"""Profiles of a case against the published points, as one picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rehall.results import aside
from rehall.validation.outcome import Profile

# Okabe and Ito (2008), colours that the colour-blind can tell apart.
OURS, PUBLISHED = "#0072B2", "#D55E00"
PANEL = (4.2, 3.4)  # width and height [inch]


def draw_profiles(profiles: Sequence[Profile], png: Path) -> None:
    """Draw one panel a profile: ours as a line, the published points as open markers."""
    columns = {1: 1, 2: 2, 4: 2}.get(len(profiles), 3)
    rows = -(-len(profiles) // columns)
    figure = Figure(figsize=(PANEL[0] * columns, PANEL[1] * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, profile in zip(panels, profiles, strict=False):
        _panel(axes, profile)
    for axes in panels[len(profiles) :]:
        axes.set_axis_off()
    png.parent.mkdir(parents=True, exist_ok=True)
    with aside(png) as part:
        figure.savefig(part, format="png", dpi=110)


def _panel(axes: Axes, profile: Profile) -> None:
    x, y = (np.asarray(part, float) for part in profile.ours)
    order = np.argsort(x)
    axes.plot(x[order], y[order], color=OURS, lw=1.6, label="ours")
    axes.plot(*profile.reference, "o", mfc="none", color=PUBLISHED, ms=5, label="published")
    axes.set_title(profile.title, fontsize=10)
    axes.set_xlabel(profile.x_label)
    axes.set_ylabel(profile.y_label)
    axes.grid(color="0.9")
    axes.legend(fontsize=8, frameon=False)

"""The key of a single-line diagram: colours of loading, symbols, lines."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from rehall.single_line_parts import BARS, POINTS, Part, Words, width_of
from rehall.single_line_symbols import COLOURS, SCALE, draw, line, pen_of, write

HIGH = 1.05  # of the key [inch]
BAR = (3.2, 0.12)  # width and height of the bar of colours [inch]
ROW = 0.42  # between two rows of symbols [inch]
NAMES = {"ups": "UPS", "bar": "board, busway, PDU", "line": "cable", "tie": "tie, closed"}
ORDER = ("utility", "generator", "transformer", "ups", "rectifier", "transfer_switch", "tie", "bar")

Sample = Callable[[float, float], None]


def draw_key(figure: Figure, axes: Axes, kinds: set[str], left: float, bottom: float) -> None:
    """Bar of the colours, then a symbol for each kind of node; `left` and `bottom` in inches."""
    wide, high = figure.get_size_inches()
    start, end = left - axes.get_xlim()[0], axes.get_xlim()[1]
    bar = figure.add_axes((start / wide, 0.48 / high, BAR[0] / wide, BAR[1] / high))
    figure.colorbar(
        ScalarMappable(SCALE, COLOURS),
        cax=bar,
        orientation="horizontal",
        extend="max",
        label="load over the continuous limit [%]",
    )
    bar.tick_params(labelsize=POINTS)
    bar.xaxis.label.set_fontsize(POINTS)
    x, y = left + BAR[0] + 0.6, bottom + HIGH - 0.4
    for text, sample in _samples(axes, kinds):
        room = 0.6 + width_of(Words(text))
        if x + room > end:
            x, y = left + BAR[0] + 0.6, y - ROW
        sample(x + 0.25, y)
        write(axes, Words(text), (x + 0.55, y))
        x += room + 0.1


def _samples(axes: Axes, kinds: set[str]) -> list[tuple[str, Sample]]:
    """Words, and what draws the sample around a point before them."""
    present = {"bar" if kind in BARS else kind for kind in kinds}
    named = [*(k for k in ORDER if k in present), *sorted(present.difference(ORDER))]
    bars = [("above the limit", True, 1.01), ("dead", False, 0.0)]
    return [
        *((NAMES.get(kind, kind.replace("_", " ")), _symbol(axes, kind)) for kind in named),
        *((text, _symbol(axes, "bar", live, share)) for text, live, share in bars),
        ("feeds", lambda x, y: line(axes, ((x - 0.2, y), (x + 0.2, y)), True)),
        ("does not feed", lambda x, y: line(axes, ((x - 0.2, y), (x + 0.2, y)), False)),
    ]


def _symbol(axes: Axes, kind: str, live: bool = True, share: float | None = None) -> Sample:
    kind = "board" if kind == "bar" else kind
    part = Part("", kind, (), (), frozenset(), live, share)
    return lambda x, y: draw(
        pen_of(axes, part), part, (x, y), 0.2, [(x - 0.08, True), (x + 0.08, False)]
    )

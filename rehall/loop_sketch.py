"""What a picture of a loop is made of: lines of liquid, boxes, pumps and words, in inches."""

from dataclasses import dataclass

from rehall.loop_chart import FLOWLESS

LETTER = 0.072
"""Width of a letter of 8 points, DejaVu Sans [inch]."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """Liquid on its way through `points`, with its temperature where it starts and ends [degC]."""

    name: str
    points: tuple[Point, ...]
    flow: float  # that way [L/min]
    T: tuple[float, float]
    arrow: bool = False  # show which way it flows

    @property
    def still(self) -> bool:
        """Whether nothing flows."""
        return self.flow < FLOWLESS


@dataclass(frozen=True)
class Words:
    """Text at a place; `side` is where the place is: left, center or right of it."""

    text: str
    at: Point
    upright: bool = False
    bold: bool = False
    side: str = "center"
    warning: bool = False


@dataclass(frozen=True)
class Box:
    """A unit or rack: its outline, and what is written in it."""

    name: str
    lower: Point
    size: Point
    words: tuple[Words, ...]
    still: bool
    short: bool = False  # its flow is below the limit


@dataclass(frozen=True)
class Turning:
    """A pump's symbol."""

    at: Point
    running: bool


@dataclass(frozen=True)
class Sketch:
    """A picture; boxes cover the lines, or on the plan of a hall lie below them."""

    title: str
    size: Point
    lines: tuple[Line, ...]
    boxes: tuple[Box, ...]
    pumps: tuple[Turning, ...]
    words: tuple[Words, ...] = ()
    note: str = ""  # below the title
    on_plan: bool = False


def line(
    name: str, points: tuple[Point, ...], flow: float, T: tuple[float, float], arrow: bool = False
) -> Line:
    """A line whose flow may go against `points`, where it is negative; T are along the flow."""
    return Line(name, points if flow >= 0 else points[::-1], abs(flow), T, arrow)


def widths(flows: list[float]) -> list[float]:
    """Width of each line, 1 for the largest flow: as diameters of pipes at one velocity.

    >>> widths([400.0, 100.0, 0.0])
    [1.0, 0.5, 0.0]
    """
    largest = max([*flows, FLOWLESS])
    return [(flow / largest) ** 0.5 for flow in flows]

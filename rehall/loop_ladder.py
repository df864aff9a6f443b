"""A loop as a ladder: units at the left, supply above, return below, racks as rungs in between."""

from itertools import pairwise

from rehall.loop_chart import FLOWLESS, Chart, Pipe, Rack, Unit, mixed
from rehall.loop_sketch import LETTER, Box, Line, Sketch, Turning, Words, line

WIDTH = 15.0  # of most pictures [inch]
MARGIN, HEADINGS = 0.3, 1.15  # at both sides; before the racks, for what their numbers are [inch]
RETURN, RACKS = 0.6, 1.1  # heights of the return and of the lower edge of racks [inch]
BELOW = 0.15  # height of a return that leads back from the far end [inch]
ROW = 0.21  # height of a line of text [inch]
NARROW, WIDE = 0.26, 1.4  # columns of racks [inch]


def is_ladder(chart: Chart) -> bool:
    """Whether the racks lie along one supply and one return, in order, with all units at its start.

    Their return is at the start too, or at the far end.
    """
    racks, units = chart.racks, chart.units
    if not racks or not units:
        return False
    at_start = all(unit.ends[0] == racks[0].ends[0] for unit in units)
    backs = {unit.ends[1] for unit in units}
    one_end = backs in ({racks[0].ends[1]}, {racks[-1].ends[1]})
    between = [set(pair) for side in (0, 1) for pair in pairwise(r.ends[side] for r in racks)]
    pipes = sorted(sorted(pipe.ends) for pipe in chart.pipes)
    return at_start and one_end and pipes == sorted(sorted(p) for p in between if len(p) == 2)


def ladder(chart: Chart) -> Sketch:
    """The picture of a loop that is a ladder."""
    columns = _Columns(chart)
    boxes, pumps, lines = [], [], [*_supply(chart, columns), *_return(chart, columns)]
    for unit, x in zip(chart.units, columns.units, strict=True):
        box, turning, parts = _unit(unit, x, columns)
        boxes.append(box)
        pumps += turning
        lines += parts
    for rack, x in zip(chart.racks, columns.racks, strict=True):
        boxes.append(_box(rack, x, columns))
        lines += _rung(rack, x, columns)
    names = ("", "flow [L/min]", chart.share, "outlet [degC]", "heat [kW]")
    at = columns.racks[0] - 0.5 * columns.wide - 0.08
    headings = tuple(
        Words(name, (at, columns.row(k)), side="right") for k, name in enumerate(names) if name
    )
    size = (columns.width, columns.top + 0.35)
    return Sketch(chart.title, size, tuple(lines), tuple(boxes), tuple(pumps), headings)


def leads_back(chart: Chart) -> bool:
    """Whether the return ends at the far end of the racks and leads back to the units."""
    return chart.units[0].ends[1] != chart.racks[0].ends[1]


class _Columns:
    """Where everything stands [inch]."""

    def __init__(self, chart: Chart) -> None:
        longest = max(len(text) for unit in chart.units for text in (unit.name, *unit.lines))
        self.unit_wide = max(1.1, longest * LETTER + 0.1)
        start = MARGIN + len(chart.units) * (self.unit_wide + 0.15) + HEADINGS
        room = (WIDTH - MARGIN - start) / len(chart.racks)
        self.wide = min(max(room, NARROW), WIDE)
        longest = max(5, *(len(rack.name) for rack in chart.racks))
        self.upright = longest * LETTER + 0.08 > self.wide
        self.row_high = longest * LETTER + 0.08 if self.upright else ROW
        rows = 2 + max(len(unit.lines) for unit in chart.units)
        self.upper = RACKS + 0.1 + max(5 * self.row_high, rows * ROW + 0.5)
        self.lower = self.upper - 5 * self.row_high - 0.1
        self.unit_lower = self.upper - rows * ROW
        self.pumps = 0.5 * (RETURN + self.unit_lower)
        self.top = self.upper + 0.45
        self.units = [MARGIN + (k + 0.5) * (self.unit_wide + 0.15) for k in range(len(chart.units))]
        self.racks = [start + (k + 0.5) * self.wide for k in range(len(chart.racks))]
        self.back = BELOW if leads_back(chart) else RETURN
        self.width = max(WIDTH, self.racks[-1] + 0.5 * self.wide + MARGIN)

    def row(self, k: int) -> float:
        """Height of a row of the racks' numbers."""
        return self.upper - 0.05 - (k + 0.5) * self.row_high


def _supply(chart: Chart, columns: _Columns) -> list[Line]:
    """From unit to unit what they have given so far, then what the racks have left."""
    things = list(zip(chart.things, (*columns.units, *columns.racks), strict=True))
    lines, flow = [], 0.0
    for k, ((one, a), (two, b)) in enumerate(pairwise(things)):
        flow += one.flow if isinstance(one, Unit) else -one.flow
        T = mixed([(unit.flow, unit.T[1]) for unit in chart.units[: k + 1]])
        pipe = _between(chart, one, two, 0)
        lines.append(_run("supply", pipe, one.ends[0], (a, b), columns.top, flow, T))
    return lines


def _return(chart: Chart, columns: _Columns) -> list[Line]:
    """From the racks, back to the units; from the far end below the racks if it ends there."""
    racks = list(zip(chart.racks, columns.racks, strict=True))
    far = leads_back(chart)
    whole = sum(rack.flow for rack in chart.racks)
    T = mixed([(rack.flow, rack.T[1]) for rack in chart.racks])
    lines = []
    for k, ((one, a), (two, b)) in enumerate(pairwise(racks), 1):
        behind = chart.racks[:k] if far else chart.racks[k:]
        flow = sum(rack.flow for rack in behind)
        warm = mixed([(rack.flow, rack.T[1]) for rack in behind])
        pipe = _between(chart, one, two, 1)
        lines.append(
            _run("return", pipe, one.ends[1], (a, b), RETURN, flow if far else -flow, warm)
        )
    high, x = columns.back, columns.racks[-1 if far else 0]
    corners = ((x, RETURN), (x, high), (columns.units[-1], high))
    lines.append(line("return", corners, whole, (T, T), arrow=True))
    left = whole
    units = list(zip(chart.units, columns.units, strict=True))[::-1]
    for (unit, a), (_, b) in pairwise(units):
        left -= unit.flow
        lines.append(line("return", ((a, high), (b, high)), left, (T, T)))
    return lines


def _run(
    name: str,
    pipe: Pipe | None,
    start: str,
    ends: tuple[float, float],
    high: float,
    flow: float,
    T: float,
) -> Line:
    """Between two columns: the pipe that is there, or within one junction a flow at T."""
    points = ((ends[0], high), (ends[1], high))
    if pipe is None:
        return line(name, points, flow, (T, T), arrow=True)
    along = pipe.flow if pipe.ends[0] == start else -pipe.flow
    return line(pipe.name, points, along, pipe.T, arrow=True)


def _between(chart: Chart, one: Unit | Rack, two: Unit | Rack, side: int) -> Pipe | None:
    """The pipe between the junctions of two things; None where they share one."""
    ends = {one.ends[side], two.ends[side]}
    return next((pipe for pipe in chart.pipes if set(pipe.ends) == ends), None)


def _unit(unit: Unit, x: float, columns: _Columns) -> tuple[Box, list[Turning], list[Line]]:
    """A unit over its pumps, which draw from the return."""
    high = columns.upper - columns.unit_lower
    words = [Words(unit.name, (x, columns.upper - 0.5 * ROW - 0.05), bold=True)]
    words += [
        Words(text, (x, columns.upper - (k + 1.5) * ROW - 0.05))
        for k, text in enumerate(unit.lines)
    ]
    still = abs(unit.flow) < FLOWLESS
    lower = (x - 0.5 * columns.unit_wide, columns.unit_lower)
    box = Box(unit.name, lower, (columns.unit_wide, high), tuple(words), still)
    supply = ((x, columns.upper), (x, columns.top))
    lines = [line(unit.name, supply, unit.flow, (unit.T[1], unit.T[1]))]
    turning = []
    for k, pump in enumerate(unit.pumps):
        step = min(0.34, columns.unit_wide / len(unit.pumps))
        at = x + (k - 0.5 * (len(unit.pumps) - 1)) * step
        fork = columns.pumps - 0.25
        points = ((x, columns.back), (x, fork), (at, fork), (at, columns.unit_lower))
        turning.append(Turning((at, columns.pumps), pump.running))
        lines.append(line(f"{unit.name} pump {k + 1}", points, pump.flow, (unit.T[0], unit.T[0])))
    return box, turning, lines


def _box(rack: Rack, x: float, columns: _Columns) -> Box:
    """Name and numbers of a rack, one below the other."""
    flow = abs(rack.flow) >= FLOWLESS
    numbers = (
        rack.name,
        f"{rack.flow:,.0f}" if flow else "0",
        "-" if rack.share is None else f"{rack.share:z.0f}",
        f"{rack.T[1]:.1f}" if flow else "-",
        f"{rack.heat:z,.0f}",
    )
    words = tuple(
        Words(text, (x, columns.row(k)), upright=columns.upright, bold=k == 0)
        for k, text in enumerate(numbers)
    )
    lower = (x - 0.45 * columns.wide, columns.lower)
    size = (0.9 * columns.wide, columns.upper - columns.lower)
    return Box(rack.name, lower, size, words, not flow, rack.short)


def _rung(rack: Rack, x: float, columns: _Columns) -> list[Line]:
    """From the supply into the rack, and from there to the return."""
    down = ((x, columns.top), (x, columns.upper)), ((x, columns.lower), (x, RETURN))
    ends = rack.T if rack.flow >= 0 else rack.T[::-1]
    return [
        line(rack.name, points, rack.flow, (T, T)) for points, T in zip(down, ends, strict=True)
    ]

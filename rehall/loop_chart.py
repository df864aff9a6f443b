"""A loop of the summary as its picture shows it: units, racks, pipes, their flow and temperature.

Reads the tables of `summary.json` alone, so that results can be drawn again without solving.
"""

import math
from dataclasses import dataclass
from typing import Any

FLOWLESS = 0.1
"""Flow below which a part counts as one without flow [L/min]."""
Summary = dict[str, Any]


@dataclass(frozen=True)
class Pump:
    """A pump of a unit; flow in L/min."""

    running: bool
    flow: float


@dataclass(frozen=True)
class Unit:
    """What pumps liquid into the supply, colder than it came: a CDU, the rejection of a facility.

    Flow in L/min, temperatures in degC as it comes and goes, `lines` of text about it.
    """

    name: str
    ends: tuple[str, str]  # supply and return junction
    flow: float
    T: tuple[float, float]
    pumps: tuple[Pump, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Rack:
    """What takes liquid from the supply to the return: a rack, or a user of facility water."""

    name: str
    ends: tuple[str, str]  # supply and return junction
    flow: float
    T: tuple[float, float]
    heat: float  # [kW]
    share: float | None  # of the flow wanted, or let through an exchanger [%]
    short: bool = False  # its flow is below the limit


@dataclass(frozen=True)
class Pipe:
    """A pipe between two junctions; the flow is positive from the first to the second."""

    name: str
    ends: tuple[str, str]
    flow: float
    T: tuple[float, float]


@dataclass(frozen=True)
class Chart:
    """A loop; `share` is what the share of its racks is of."""

    name: str
    title: str
    share: str
    units: tuple[Unit, ...]
    racks: tuple[Rack, ...]
    pipes: tuple[Pipe, ...]

    @property
    def things(self) -> list[Unit | Rack]:
        """Units, then racks."""
        return [*self.units, *self.racks]


def charts(summary: Summary) -> list[Chart]:
    """Every loop of a summary that something flows in, rack loops first."""
    here = [_rack_loop(summary, row) for row in summary.get("loops", []) if "pipes" in summary]
    users = {row["loop"] for row in summary.get("facility_users", [])}
    facilities = [row for row in summary.get("facilities", []) if row["name"] in users]
    return here + [_facility(summary, row) for row in facilities]


def _rack_loop(summary: Summary, loop: Summary) -> Chart:
    name, coolant = loop["name"], {row["name"]: row for row in summary["racks"]}
    short = {
        limit["where"]
        for limit in summary["limits"]
        if limit["name"] == "coolant_flow_min" and limit["holds"] is False
    }
    units = tuple(
        Unit(
            row["name"],
            (row["supply_at"], row["return_at"]),
            row["flow_lpm"],
            _ends(row["return_c"], row["supply_c"]),
            _pumps(summary, name, row["name"]),
            _lines(
                row["flow_lpm"],
                _ends(row["return_c"], row["supply_c"]),
                row["heat_kw"],
                row["loading_pct"],
            ),
        )
        for row in of_loop(summary["cdus"], name)
    )
    racks = tuple(
        Rack(
            row["name"],
            (row["supply_at"], row["return_at"]),
            coolant[row["name"]]["coolant_lpm"],
            _ends(coolant[row["name"]]["coolant_in_c"], coolant[row["name"]]["coolant_out_c"]),
            row["heat_kw"],
            row["share_pct"],
            row["name"] in short,
        )
        for row in of_loop(summary["branches"], name)
    )
    pipes = tuple(
        Pipe(
            row["name"],
            (row["from"], row["to"]),
            row["flow_lpm"],
            _ends(row["inlet_c"], row["outlet_c"]),
        )
        for row in of_loop(summary["pipes"], name)
    )
    title = f"Loop {name}{_when(summary)}: {loop['fluid']}"
    T = _ends(loop["supply_c"], loop["return_c"])
    title += _state(loop["flow_lpm"], T, (*units, *racks))
    return Chart(name, title, "of wanted [%]", units, racks, pipes)


def _facility(summary: Summary, loop: Summary) -> Chart:
    """Users side by side between one supply and one return."""
    name, users = loop["name"], of_loop(summary["facility_users"], loop["name"])
    through = {row["name"]: row["facility_share_pct"] for row in summary.get("cdus", [])}
    flow, ends = sum(row["flow_lpm"] for row in users), ("supply", "return")
    racks = tuple(
        Rack(
            row["name"],
            ends,
            row["flow_lpm"],
            _ends(row["inlet_c"], row["outlet_c"]),
            row["heat_kw"],
            through.get(row["name"]),
        )
        for row in users
    )
    T = (mixed([(rack.flow, rack.T[1]) for rack in racks]), loop["supply_c"])
    lines = _lines(flow, T, loop["heat_kw"], loop["loading_pct"])
    plant = Unit(loop["rejection"], ends, flow, T, _pumps(summary, name, name), lines)
    title = f"Facility loop {name}{_when(summary)}: {loop['fluid']}" + _state(flow, T[::-1], racks)
    return Chart(name, title, "by exchanger [%]", (plant,), racks, ())


def _when(summary: Summary) -> str:
    """That a picture of a case with events shows its steady state."""
    return " before all events" if summary.get("transient") else ""


def of_loop(rows: list[Summary], name: str) -> list[Summary]:
    """Rows of a table that belong to a loop."""
    return [row for row in rows if row["loop"] == name]


def _pumps(summary: Summary, loop: str, of: str) -> tuple[Pump, ...]:
    rows = [row for row in of_loop(summary["pumps"], loop) if row["of"] == of]
    return tuple(Pump(row["state"] == "running", row["flow_lpm"]) for row in rows)


def _lines(flow: float, T: tuple[float, float], heat: float, loading: float) -> tuple[str, ...]:
    if abs(flow) < FLOWLESS:
        return ("no flow",)
    return (
        f"{flow:,.0f} L/min",
        f"{T[0]:.1f} to {T[1]:.1f} degC",
        f"{heat:,.0f} kW",
        f"{loading:.0f} % of its capacity",
    )


def _state(flow: float, T: tuple[float, float], things: tuple[Unit | Rack, ...]) -> str:
    """Flow and temperatures of a loop, what stands still in it and how many racks lack flow."""
    if abs(flow) < FLOWLESS:
        return ", nothing flows"
    still = [thing.name for thing in things if abs(thing.flow) < FLOWLESS]
    short = sum(isinstance(thing, Rack) and thing.short for thing in things)
    text = f", {flow:,.0f} L/min, {T[0]:.1f} to {T[1]:.1f} degC"
    text += f"; without flow: {', '.join(still)}" if still else ""
    return text + (f"; racks below their least flow: {short}" if short else "")


def _ends(first: float | None, second: float | None) -> tuple[float, float]:
    """Temperatures of what comes and goes; NaN where it stands still."""
    return (math.nan if first is None else first), (math.nan if second is None else second)


def mixed(streams: list[tuple[float, float]]) -> float:
    """Temperature of streams (flow, temperature) together; NaN where nothing flows."""
    moving = [(flow, T) for flow, T in streams if flow > 0.0 and not math.isnan(T)]
    whole = sum(flow for flow, _ in moving)
    return sum(flow * T for flow, T in moving) / whole if whole >= FLOWLESS else math.nan

"""What a study of failures assumes, in words: for the report, with the figures that it used."""

from rehall.coils import entry_of
from rehall.config import Case
from rehall.facility import facilities_of
from rehall.inventory import inventory_of
from rehall.liquid import LiquidSide
from rehall.redundancy.clusters import SAME_HEAT
from rehall.redundancy.course import RUN_DOWN, RUN_UP
from rehall.redundancy.outages import CLOGGED
from rehall.redundancy.prepared import LESS_HEAT
from rehall.redundancy.screening import SETTLED, SHARE
from rehall.redundancy.shell import CONTRACTION, DOOR, PANEL
from rehall.redundancy.solving import FINE_SPAN
from rehall.schema.entries import Cdu

PER_KELVIN = 101325.0 / 298.15
"""Pressure over temperature of air in a fixed volume: ideal gas at sea level, 25 degC [Pa/K]."""


def unknown_of_coolant(case: Case, side: LiquidSide | None) -> list[str]:
    """What the coolant in time takes to be none, so that limits break sooner than they do."""
    if side is None:
        return []
    cdus = [entry_of(item, Cdu) for m in side.loops.values() for item in m.cdus]
    times = {entry.name: entry.pump.coast_down for entry in cdus}
    times |= {f.name: f.pumps.coast_down if f.pumps else 0.0 for f in facilities_of(case)}
    stops = [name for name, time in times.items() if time == 0.0]
    return [
        *inventory_of(side, case)[1],
        *(f"no coast-down known of the pumps of {name}: they stop at once" for name in stops),
    ]


def sealed(case: Case) -> list[str]:
    """What is taken of a hall that is drawn without openings."""
    if case.openings:
        return []
    return [
        "The hall is drawn without openings and keeps its pressure in time: what its air gives up "
        f"as it warms leaves evenly. As tight as drawn it would gain some {PER_KELVIN:.0f} Pa "
        "with every kelvin; its pressure is judged in the end only."
    ]


def assumptions(case: Case) -> list[str]:
    """What is assumed, one sentence each."""
    return [
        f"After a failure air and coolant are followed for {case.redundancy.duration:g} s, longer "
        "where something happens late; limits that break later are found in the end, without a "
        "time.",
        "Servers that have lost all power stay off; fans, pumps and machines start again with it. "
        f"Fans stop within {RUN_DOWN:g} s and start within {RUN_UP:g} s.",
        f"A clogged filter loses {CLOGGED:g} times the pressure of a clean one.",
        f"An open door is {DOOR[0]:g} m by {DOOR[1]:g} m; missing blanking panels leave "
        f"{1e3 * PANEL[0]:.0f} mm by {1e3 * PANEL[1]:.0f} mm open, with a discharge coefficient of "
        f"{CONTRACTION:g}.",
        f"The normal air is reused where less than {100 * SAME_HEAT:g} % of the heat to the air is "
        "elsewhere; that share of the largest air rise is added to the uncertainty. Servers that "
        f"draw up to {100 * LESS_HEAT:g} % less of the heat to the air leave it as it was.",
        "A state that is screened has, on the fine grid, the change that it has on the coarse one, "
        f"within {100 * SHARE:g} % of that change and {SETTLED:g} K.",
        f"Inlet limits that break within {FINE_SPAN:g} s on the coarse grid are marched to on the "
        "fine one.",
        "Air round the nodes of the power chain is that of the normal state.",
        "It is as warm outdoors as at the design point whenever something fails: hours of failures "
        "that only break a limit on hot days are too many.",
        *sealed(case),
        "How often units fail and how long they stay so are typical figures of a kind, where the "
        "catalogue has none of its own; failures are independent of each other.",
    ]

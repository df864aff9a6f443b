"""The power side of a case: its chain as nodes, everything that draws power as loads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geometry.errors import InputError
from power import build
from power.network import PowerModel
from power.nodes import HOLD_UP, Load
from power.solve import PowerState, solve_states
from power.states import Failure, states_of
from rehall.chain import chain_node
from rehall.config import Case
from rehall.equipment import resolve
from rehall.layout import Item
from rehall.schema.entries import SERVERS, PowerShelf, Rack


@dataclass(frozen=True, eq=False)
class PowerSide:
    """The chain, and the names of its loads in the model's order."""

    model: PowerModel
    loads: tuple[str, ...]

    def solve(self, power: dict[str, float]) -> PowerState:
        """Load flow with `power` [W] by the name of the load."""
        return self.solve_states([power], [Failure()])[0]

    def solve_states(
        self, powers: Sequence[dict[str, float]], failures: Sequence[Failure]
    ) -> list[PowerState]:
        """The settled state after each failure, with its own power by the name of the load."""
        wanted = np.array([self.in_order(power) for power in powers])
        found = solve_states(self.model, wanted, states_of(self.model, failures))
        return [found.at(n) for n in range(len(failures))]

    def in_order(self, power: dict[str, float]) -> np.ndarray:
        """Power of the loads in the model's order [W]."""
        return np.array([power[name] for name in self.loads])

    def losses(self, state: PowerState) -> dict[str, float]:
        """Losses [W] by the name of the node; 0 in a state without a solution."""
        losses = np.nan_to_num(state.losses)
        return {node.name: float(x) for node, x in zip(self.model.nodes, losses, strict=True)}


def power_side(case: Case) -> PowerSide | None:
    """Model of the case's chain; None where it has none."""
    if case.power is None:
        return None
    nodes = [chain_node(case, item) for item in case.nodes]
    loads = _loads(case)
    try:
        model = build(nodes, loads)
    except InputError as error:
        raise InputError([case.located(finding) for finding in error.findings]) from None
    return PowerSide(model, tuple(load.name for load in loads))


def _loads(case: Case) -> list[Load]:
    """Equipment, exhaust fans, and the pumps and rejection of facility loops."""
    loads = [_equipment(case, item) for item in case.items if item.feeds]
    loads += [
        Load(name=o.name, feeds=o.feeds, power_factor=o.power_factor, critical=False)
        for o in case.openings
        if o.feeds
    ]
    facilities = case.liquid.facility if case.liquid else ()
    loads += [
        Load(
            name=f.name,
            feeds=f.feeds,
            power_factor=_rejection_power_factor(case, f.name),
            critical=False,
        )
        for f in facilities
        if f.feeds
    ]
    return loads


def _equipment(case: Case, item: Item) -> Load:
    """A piece of equipment as a load: servers must not lose their power, cooling may for a while.

    Swings and peaks are those of accelerators; a `power_peak` of the entry goes before the profile.
    """
    assert case.power is not None
    entry, profile = item.entry, case.power.profile
    accelerates = getattr(entry, "gpus", 0) > 0
    own = getattr(entry, "power_peak", None)
    peak = profile.peak if accelerates else 1.0
    shelves = shelves_on_feeds(case, item)
    shelf = shelf_of(case, item)
    return Load(
        name=item.name,
        feeds=item.feeds,
        power_factor=item.power_factor if shelf is None else shelf.power_factor,
        shares=None if shelves is None else tuple(count for count, _ in shelves),
        ratings=None if shelves is None else tuple(count * watts for count, watts in shelves),
        phases=item.phases,
        third=getattr(entry, "third_harmonic", 0.0),
        peak=peak if own is None else max(1.0, own / entry.power),  # type: ignore[attr-defined]
        peak_time=profile.peak_time,
        swing=profile.swing * (1.0 - profile.smoothing) if accelerates else 0.0,
        swing_frequency=profile.swing_frequency,
        window=_window(case, item),
        hold_up=HOLD_UP if shelf is None else shelf.hold_up,
        critical=isinstance(entry, SERVERS),
    )


def shelves_on_feeds(case: Case, item: Item) -> tuple[tuple[float, float], ...] | None:
    """Of a rack with power shelves, their number on each feed and what one draws at most [W].

    They are dealt to the feeds in turn; None where the entry names none.
    """
    shelf = shelf_of(case, item)
    if shelf is None:
        return None
    assert isinstance(item.entry, Rack), f"{item.name} has shelves and is no rack"
    assert item.entry.supply is not None, f"{item.name} has a shelf and no supply"
    count, feeds = item.entry.supply.count, len(item.feeds)
    numbers = [len(range(n, count, feeds)) for n in range(feeds)]
    return tuple((float(number), shelf.power / shelf.efficiency) for number in numbers)


def _window(case: Case, item: Item) -> tuple[float, float] | None:
    """Voltages at which the power supplies of a piece work [V]; None where not known."""
    shelf = shelf_of(case, item)
    own: tuple[float, float] | None = getattr(item.entry, "voltage", None)
    return own if shelf is None else shelf.voltage


def shelf_of(case: Case, item: Item) -> PowerShelf | None:
    """The power shelf of a rack; None where its entry names none."""
    supply = getattr(item.entry, "supply", None)
    if supply is None:
        return None
    own = case.document.data.get("catalogue")
    shelf = resolve(supply.shelf, own if isinstance(own, dict) else {})
    assert isinstance(shelf, PowerShelf), f"{supply.shelf} is no power shelf"
    return shelf


def _rejection_power_factor(case: Case, facility: str) -> float:
    """Power factor of a facility's pumps and rejection: that of the rejection's entry [-]."""
    return float(getattr(case.rejections[facility], "power_factor", 1.0))

"""Series of circuits in time, by the racks, coils and circuits that they are about."""

from dataclasses import dataclass

import jax
import numpy as np

from rehall.chips import plates
from rehall.config import Case
from rehall.inventory import racks_in_order
from rehall.layout import Item, has_rear_door
from rehall.liquid import LiquidSide
from rehall.schema.entries import CoolingUnit
from thermal.liquid.transient import Seen

ZERO = 273.15
LAST, WARMS = 5.0, 0.2
"""Seconds at the end of a march over which warming is measured, and K a minute that are told."""


@dataclass(frozen=True, eq=False)
class CoolantMarch:
    """Circuits over time; arrays are [moments, things], temperatures in K.

    `racks` with `T_in`, `T_hottest` of their coolant, `T_chip` (NaN without plates) and `m_flow`
    [kg/s]; `coils` with the water `T_coil` that they get and `m_coil`; circuits with the
    temperature `T_supply` that they are supplied with. `limits` [racks, 3] are those of supply,
    coolant and chip (NaN without plates), `T_known` [racks] is up to where the properties of their
    liquid are known; `m_wanted` the flow that each rack wants [kg/s] and `flow_min` the share of it
    that it needs; `warming` how fast the coolant of each rack warms up where it stands still [K/s].
    """

    times: np.ndarray
    racks: tuple[str, ...]
    T_in: np.ndarray
    T_hottest: np.ndarray
    T_chip: np.ndarray
    m_flow: np.ndarray
    coils: tuple[str, ...]
    T_coil: np.ndarray
    m_coil: np.ndarray
    circuits: tuple[str, ...]
    T_supply: np.ndarray
    limits: np.ndarray
    T_known: np.ndarray
    m_wanted: np.ndarray
    flow_min: float
    warming: dict[str, float]
    assumptions: list[str]
    warnings: list[str]
    reason: str


class Log:
    """Series of a march."""

    def __init__(self, side: LiquidSide, case: Case) -> None:
        places = side.places
        self.racks = racks_in_order(side)
        self.at_racks = [places.link[m.spec.name, item.name] for m, item in self.racks]
        self.coils = [
            item
            for item in case.items
            if (item.facility or "", item.name) in places.link
            and (isinstance(item.entry, CoolingUnit) or has_rear_door(item))
        ]
        self.at_coils = [places.link[item.facility or "", item.name] for item in self.coils]
        self.circuits = tuple(places.circuit)
        self.rejections = dict(places.rejection)
        self.side, self.case = side, case
        self.rows: list[dict[str, np.ndarray]] = []
        self.times: list[float] = []
        fluids, circuit = side.model.fluids, np.asarray(side.model.heat.circuit)
        self.T_known = np.array([f.T_max for f in fluids])[circuit]
        self.beyond: set[str] = set()
        self.warnings: list[str] = []

    def enter(self, t: float, face: Seen, heat: dict[str, float]) -> None:
        """Note a moment, with the heat of every rack to liquid [W]."""
        here = jax.device_get(face)
        self.times.append(t)
        self.rows.append(
            {
                "T_in": np.asarray(here.T_in)[self.at_racks],
                "T_hottest": np.asarray(here.T_hottest)[self.at_racks],
                "T_chip": np.asarray(here.T_chip),
                "m_flow": np.asarray(here.m_flow)[self.at_racks],
                "T_coil": np.asarray(here.T_in)[self.at_coils],
                "m_coil": np.asarray(here.m_flow)[self.at_coils],
                "T_supply": self._supplies(here),
                "m_wanted": np.array(
                    [
                        m.density * item.entry.coolant.flow_nominal(heat[item.name])  # type: ignore[attr-defined]
                        for m, item in self.racks
                    ]
                ),
            }
        )

    def _supplies(self, here: Seen) -> np.ndarray:
        """Temperature that each circuit is supplied with: mean of CDUs by flow, or of rejection."""
        places, found = self.side.places, []
        for name in self.circuits:
            if name in self.side.loops:
                m = self.side.loops[name]
                at = [places.link[name, item.name] for item in m.cdus]
                flow = np.abs(np.asarray(here.m_flow)[at])
                weight = flow if flow.sum() > 1e-6 else None
                found.append(float(np.average(np.asarray(here.T_out)[at], weights=weight)))
            else:
                found.append(float(np.asarray(here.T_out)[places.link[name, "rejection"]]))
        return np.array(found)

    def watch_range(self, t: float, face: Seen) -> None:
        """Warn, once a circuit, of liquid warmer than its properties are known for."""
        names, new = list(self.side.places.link), dict[str, list[int]]()
        T_max = self.T_known
        for n in np.flatnonzero(np.asarray(face.T_hottest) > T_max):
            if names[n][0] not in self.beyond:
                new.setdefault(names[n][0], []).append(int(n))
        for circuit, at in new.items():
            self.beyond.add(circuit)
            self.warnings.append(
                f"transient: from {t:.3g} s on liquid of {circuit} (first that in "
                f"{names[at[0]][1]}) is above {T_max[at[0]] - ZERO:g} degC, beyond what its "
                "properties are known for; how warm it gets then is not to be trusted"
            )

    def result(
        self, assumptions: list[str], reason: str, warming: dict[str, float]
    ) -> CoolantMarch:
        """All of it as arrays."""
        series = {name: np.stack([row[name] for row in self.rows]) for name in self.rows[0]}
        self.warnings += still_warming(
            np.array(self.times),
            {
                "the supply of": (self.circuits, series["T_supply"]),
                "coolant in": (tuple(item.name for _, item in self.racks), series["T_hottest"]),
            },
        )
        chip = np.full(series["T_in"].shape, np.nan)
        plated = [n for n, (_, item) in enumerate(self.racks) if plates(item) is not None]
        chip[:, plated] = series.pop("T_chip")
        return CoolantMarch(
            times=np.array(self.times),
            racks=tuple(item.name for _, item in self.racks),
            coils=tuple(item.name for item in self.coils),
            circuits=self.circuits,
            T_chip=chip,
            limits=np.array([limits_of(item, self.case) for _, item in self.racks]).reshape(-1, 3),
            T_known=self.T_known[self.at_racks],
            flow_min=self.case.limits.coolant_flow_min,
            warming=warming,
            assumptions=assumptions,
            warnings=self.warnings,
            reason=reason,
            **series,
        )


def still_warming(
    times: np.ndarray, series: dict[str, tuple[tuple[str, ...], np.ndarray]]
) -> list[str]:
    """Warnings of what is still warming up at the end, the fastest of each kind.

    `series` has names and temperatures [moments, things] by words for the kind.
    """
    found = list[str]()
    before = int(np.searchsorted(times, times[-1] - LAST, side="right")) - 1
    if before < 0:
        return found
    for kind, (names, T) in series.items():
        rate = 60.0 * (T[-1] - T[before]) / (times[-1] - times[before])
        n = int(rate.argmax()) if len(names) else 0
        if len(names) and rate[n] > WARMS:
            found.append(
                f"transient: at its end {kind} {names[n]} still warms by {rate[n]:.2g} K a minute; "
                "limits that hold until then need not hold later"
            )
    return found


def limits_of(item: Item, case: Case) -> tuple[float, float, float]:
    """Highest supply, coolant and chip temperature of a rack [K]; NaN of chips without plates."""
    coolant, own = item.entry.coolant, plates(item)  # type: ignore[attr-defined]
    supply = min(case.limits.coolant_supply_max or np.inf, coolant.inlet_max)
    return supply, case.limits.coolant_return_max, own.chip_max if own is not None else np.nan

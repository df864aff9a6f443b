"""How equipment and exhaust fans move air: fixed, by temperature, or against a pressure.

A fan curve is dp = a - b V|V|, fitted to the entry's table for full speed. The flow that an entry
or a case states is the one against no pressure: it sets the speed, V/sqrt(a/b).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from geometry.errors import Finding, InputError
from rehall.config import Case
from rehall.layout import Item, moves_air
from rehall.schema.entries import CoolingUnit
from rehall.schema.entries.common import AirFlow
from rehall.shell import OVERSPEED, OpeningItem, curved
from thermal.air.inputs import Fans
from thermal.air.streams import StreamTable
from thermal.arrays import on_device
from thermal.equipment import server
from thermal.fans import Curve, fit_curve

ALWAYS = (273.15, 373.15)
"""Two intake temperatures of a speed that follows none of them [K]."""


@dataclass(frozen=True)
class Mover:
    """What moves the air of one device or fan.

    `flow` [m3/s] at full speed against no pressure; at speed s it raises in air of 1.2 kg/m3
    `shutoff` s^2 - `slope` V|V| [Pa], with the resistance of what it blows through in the
    slope [Pa s2/m6]; a slope of 0 is a flow that yields to no pressure. `speed` [-] is linear over
    the intake temperatures `T` [K]. `closed` tells that a damper shuts it.
    """

    flow: float
    shutoff: float = 0.0
    slope: float = 0.0
    T: tuple[float, ...] = ALWAYS
    speed: tuple[float, ...] = (1.0, 1.0)
    closed: bool = False

    @property
    def yields(self) -> bool:
        """Whether the flow follows the pressure."""
        return self.slope > 0.0


def air_flow(item: Item, T_in: float) -> float:
    """Air through a piece of equipment [m3/s] at its inlet temperature [K], against no pressure."""
    if not item.on:
        return 0.0
    if item.air_flow is None and not isinstance(item.entry, CoolingUnit):
        law = _law(item.entry.air_flow)  # type: ignore[attr-defined]
        machine = server.Server(item.name, 0.0, law)
        return float(server.air_flow(machine, item.heat_to_air, T_in))
    rated = item.entry.rating.air_flow if isinstance(item.entry, CoolingUnit) else 0.0
    flow = rated if item.air_flow is None else item.air_flow
    if item.fan_law:
        temperatures, shares = zip(*item.fan_law, strict=True)
        flow *= float(np.interp(T_in, temperatures, shares))
    return flow


def _law(given: AirFlow) -> server.AirflowLaw:
    """The law of an entry as the equipment model takes it."""
    if given.flow is not None:
        return server.FixedFlow(given.flow)
    if given.per_power is not None:
        return server.FlowPerPower(given.per_power)
    temperatures, flows = zip(*given.by_inlet or (), strict=True)
    return server.FlowTable(tuple(temperatures), tuple(flows))


def mover_of(item: Item) -> Mover:
    """What moves the air through a piece of equipment; raises InputError for more than it can."""
    temperatures = law_temperatures(item)
    flows = [air_flow(item, T) for T in temperatures]
    curve = getattr(item.entry, "fan_curve", None)
    if curve is None:
        running = [air_flow(replace(item, on=True), T) for T in temperatures]
        full = max(running)
        speed = tuple(flow / full if full > 0 else 1.0 for flow in running)
        return Mover(full if item.on else 0.0, T=temperatures, speed=speed)
    if not item.on and getattr(item.entry, "damper", False):
        return Mover(0.0, T=temperatures, speed=(1.0,) * len(temperatures), closed=True)
    fitted = _fitted(curve, item.name)
    free, slope = float(fitted.free_flow()), float(fitted.slope)
    speed = tuple(flow / free for flow in flows)
    if max(speed) > OVERSPEED:
        message = f"air flow of {max(flows):.3g} m3/s, but its fans reach {free:.3g} m3/s at most"
        raise InputError([Finding(item.name, message)])
    door = getattr(item.entry, "rear_door", None)
    if door is not None:
        slope += door.air_dp / door.air_flow**2
    return Mover(free, float(fitted.shutoff), slope, temperatures, speed)


def _fitted(rows: tuple[tuple[float, float], ...], where: str) -> Curve:
    flows, pressures = zip(*rows, strict=True)
    return fit_curve(tuple(flows), tuple(pressures), where)


def law_temperatures(item: Item) -> tuple[float, ...]:
    """Intake temperatures at which the speed of a piece of equipment bends [K]."""
    law = getattr(item.entry, "air_flow", None)
    table = item.fan_law or (law.by_inlet if law is not None else None)
    return tuple(T for T, _ in table) if table else ALWAYS


def fan_in_wall(opening: OpeningItem) -> Mover:
    """What moves the air of a supply or an exhaust.

    An exhaust fan whose flow the case states is held at it, by its speed; else its curve rules, and
    another flow than the rated one, which only events set, is the speed that gives it by the
    affinity laws: none at a flow of 0.
    """
    entry = curved(opening)
    if entry is None or entry.curve is None:
        return Mover(opening.flow or 0.0)
    curve = _fitted(entry.curve, opening.name)
    turning = (opening.flow or 0.0) / entry.flow
    free, shutoff, slope = (float(x) for x in (curve.free_flow(), curve.shutoff, curve.slope))
    return Mover(free, shutoff, slope, speed=(turning, turning))


def movers(case: Case) -> dict[str, Mover]:
    """What moves air by the name of device or opening; raises InputError with file and line."""
    found, findings = {}, []
    for name, mover in _each(case):
        if isinstance(mover, Finding):
            findings.append(case.located(mover))
        else:
            found[name] = mover
    if findings:
        raise InputError(findings)
    return found


def _each(case: Case) -> Iterator[tuple[str, Mover | Finding]]:
    for item in case.items:
        if moves_air(item):
            try:
                yield item.name, mover_of(item)
            except InputError as error:
                yield from ((item.name, finding) for finding in error.findings)
    for opening in case.openings:
        if opening.kind != "outdoor":
            yield opening.name, fan_in_wall(opening)


def yielding(case: Case) -> tuple[str, ...]:
    """Names of devices and fans whose flow follows the pressure."""
    return tuple(name for name, mover in movers(case).items() if mover.yields)


def flows_and_fans(
    streams: StreamTable, movers: dict[str, Mover], dtype: np.dtype
) -> tuple[np.ndarray, Fans | None]:
    """Flow of the streams at full speed [m3/s], and their fans.

    The streams of a device share its flow: each has the pressures of its fans, and a slope that
    is larger by the square of what it lacks of the flow.
    """
    each = [movers[name] for name in streams.name]
    V_flow = streams.share * np.array([mover.flow for mover in each])
    if all(not (mover.yields or mover.closed) and mover.T == ALWAYS for mover in each):
        return V_flow, None
    points = max(len(mover.T) for mover in each)
    T, speed = (
        np.array([_padded(row, points, step) for row in rows])
        for rows, step in (
            ([mover.T for mover in each], 1.0),
            ([mover.speed for mover in each], 0.0),
        )
    )
    return V_flow, Fans(
        shutoff=on_device([mover.shutoff for mover in each], dtype),
        slope=on_device([m.slope / s**2 for m, s in zip(each, streams.share, strict=True)], dtype),
        T_law=on_device(T, dtype),
        speed=on_device(speed, dtype),
    )


def _padded(values: tuple[float, ...], points: int, step: float) -> list[float]:
    """Values to a number of points, each further one larger by a step: speed is held there."""
    return [*values, *(values[-1] + step * (n + 1) for n in range(points - len(values)))]

"""A node of a case's power chain with its catalogue entry -> the node that is solved."""

import math
from typing import Any

from power.nodes import (
    Battery,
    Board,
    Generator,
    Line,
    Node,
    Rectifier,
    Tie,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
)
from rehall.config import Case
from rehall.schema import entries
from rehall.shell import NodeItem


def chain_node(case: Case, item: NodeItem) -> Node:
    """The device that a node of the case is."""
    entry: Any = item.entry
    every = {
        "name": item.name,
        "fed_by": item.feeds,
        "voltage": item.voltage,
        "derating": entry.derating,
        "continuous_factor": entry.continuous_factor,
        "breaker": entry.breaker or 0.0,
        "breaking": entry.breaking or 0.0,
        "withstand": entry.withstand or 0.0,
        "direct": item.direct,
    }
    match entry:
        case entries.Utility():
            return Utility(
                **every,
                short_circuit_power=entry.short_circuit or math.inf,
                demand_limit=entry.contracted_demand or case.site.contracted_demand or math.inf,
                power_factor_min=entry.power_factor_min,
                ramp_limit=entry.ramp_max or math.inf,
                frequency=entry.frequency,
            )
        case entries.Generator():
            return Generator(
                **every,
                rating=entry.units * entry.rating,
                rated_power=entry.units * entry.rating_w,
                units=entry.units,
                start_time=entry.start_time,
                step=entry.step,
                reactance=entry.reactance,
            )
        case entries.Transformer():
            return Transformer(
                **every,
                rating=entry.rating,
                impedance=entry.impedance,
                no_load_loss=entry.no_load_loss,
                load_loss=entry.load_loss,
                no_load_current=entry.no_load_current,
                tap=entry.tap,
            )
        case entries.Ups():
            return _ups(entry, every)
        case entries.Rectifier():
            return Rectifier(
                **every,
                rating=entry.rating_w,
                loss_coefficients=entry.loss_coefficients,
                input_power_factor=entry.input_power_factor,
            )
        case entries.Busway():
            return _line(entry, item, every)
        case entries.TransferSwitch():
            rating = entry.rating(item.voltage, item.direct)
            return TransferSwitch(**every, rating=rating, gap=entry.gap, delay=entry.delay)
        case entries.Tie():
            return Tie(**every, rating=entry.rating(item.voltage, item.direct), gap=entry.gap)
        case entries.Board():
            return Board(**every, rating=entry.rating(item.voltage, item.direct))
    raise TypeError(f"{item.name}: {entry.name} distributes no power")


def _ups(entry: entries.Ups, every: dict[str, Any]) -> Ups:
    bank = entry.battery
    battery = None
    if bank is not None:
        battery = Battery(
            energy=bank.energy,
            end_of_life=bank.end_of_life,
            derating=bank.derating,
            temperature=bank.temperature,
            recharge=bank.recharge,
        )
    return Ups(
        **every,
        rating=entry.rating,
        real_rating=entry.rating_w,
        units=entry.modules,
        loss_coefficients=entry.loss_coefficients,
        eco=entry.mode == "eco",
        eco_loss=entry.eco_loss,
        bypass=entry.bypass,
        overload=entry.overload,
        fault_current=entry.fault_current or 0.0,
        walk_in=entry.walk_in,
        battery=battery,
    )


def _line(entry: entries.Busway, item: NodeItem, every: dict[str, Any]) -> Line:
    return Line(
        **every,
        rating=entry.rating(item.voltage, item.direct),
        length=item.length,
        resistance=entry.resistance,
        reactance=0.0 if item.direct else entry.reactance,
        zero_resistance=entry.zero_resistance or 0.0,
        zero_reactance=entry.zero_reactance or 0.0,
        ampacity=entry.ampacity or 0.0,
        insulation=entry.insulation or 0.0,
        kind="busway" if item.kind == "busway" else "cable",
    )

"""Liquid loops of a case: facility water with its heat rejection, rack loops."""

from typing import Literal, Self

from pydantic import model_validator

from rehall.quantities import Flow, Length, PositiveShare, Pressure, Temperature
from rehall.schema.base import Count, Description, Name
from rehall.schema.hall import EntryName

FluidName = Literal["water", "pg25"]


class Rejection(Description):
    """What gives the heat of a facility loop to outdoors: `count` equal pieces in parallel."""

    of: EntryName
    count: Count


class Facility(Description):
    """A facility loop: set point, flow and head of its pumps, and its heat rejection."""

    name: Name
    fluid: FluidName = "water"
    supply: Temperature
    flow: Flow
    pump_head: Pressure
    pump_efficiency: PositiveShare
    rejection: Rejection
    feeds: tuple[Name, ...] = ()


class HeaderSpec(Description):
    """Supply and return header: inner diameter, pitch between rack branches, roughness."""

    diameter: Length
    pitch: Length
    roughness: Length = 4.5e-5


class Control(Description):
    """How the CDU pumps are held: a pressure across the first branch, or a share of full speed."""

    differential_pressure: Pressure | None = None
    speed: PositiveShare | None = None

    @model_validator(mode="after")
    def one_control(self) -> Self:
        """Refuse none and both."""
        if (self.differential_pressure is None) == (self.speed is None):
            raise ValueError("wanted exactly one of differential_pressure, speed")
        return self


class LoopSpec(Description):
    """A rack loop: its CDUs are the units in `equipment` that name it."""

    name: Name
    fluid: FluidName = "pg25"
    supply: Temperature
    facility: Name
    header: HeaderSpec
    control: Control


class LiquidSpec(Description):
    """All loops."""

    facility: tuple[Facility, ...] = ()
    loops: tuple[LoopSpec, ...] = ()

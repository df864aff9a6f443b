"""Catalogue entries that distribute power."""

import math
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from power.nodes import HOLD_UP
from rehall.quantities import (
    Current,
    Energy,
    Frequency,
    PositiveShare,
    Power,
    PowerRate,
    Rating,
    Ratio,
    ResistancePerLength,
    Share,
    Temperature,
    Time,
    Voltage,
    share,
)
from rehall.schema.base import Count, Description, Flag
from rehall.schema.entries.common import Entry
from rehall.schema.entries.reliability import Reliability

LossCoefficients = tuple[
    Annotated[float, Field(strict=True, ge=0.0, le=0.2)],
    Annotated[float, Field(strict=True, ge=0.0, le=0.2)],
    Annotated[float, Field(strict=True, ge=0.0, le=0.2)],
]


def falls_with_temperature(
    rows: tuple[tuple[float, float], ...],
) -> tuple[tuple[float, float], ...]:
    """Refuse a derating whose temperatures do not rise or whose shares do."""
    for row, ((T_before, before), (T, left)) in enumerate(pairwise(rows), start=2):
        if T_before >= T or left > before:
            raise ValueError(f"wanted temperatures that rise and shares that do not; see row {row}")
    return rows


Derating = Annotated[tuple[tuple[Temperature, Share], ...], AfterValidator(falls_with_temperature)]
"""Air temperature [K] and what is left of the rating there; full below the first row."""


class Distribution(Entry):
    """A node of the power chain. `continuous_factor`: share of the rating allowed for hours.

    0.8 for a standard breaker or busway plug-in, 1.0 where the device is listed for it
    (NEC 210.20, 215.3: continuous load at most 80 % of a standard overcurrent device).
    `breaker` is the rating of its overcurrent device where that is not its own, `breaking` the
    current that this interrupts, `withstand` the one that it bears for a second [A, r.m.s.].
    """

    continuous_factor: PositiveShare = 1.0
    derating: Derating = ()
    breaker: Current | None = None
    breaking: Current | None = None
    withstand: Current | None = None
    reliability: Reliability | None = None


class Utility(Distribution):
    """The grid at the point of connection; `short_circuit` is its fault level [VA].

    `contracted_demand` is that of this connection, where the site has several;
    `power_factor_min` the one below which reactive power is charged, `ramp_max` how fast the power
    may change [W/s].
    """

    kind: Literal["utility"]
    short_circuit: Rating | None = None
    contracted_demand: Rating | None = None
    power_factor_min: Share = 0.0
    ramp_max: PowerRate | None = None
    frequency: Frequency = 60.0


class Generator(Distribution):
    """Equal generators on one bus: `rating` [VA] and `rating_w` [W] of one, which is ready to take
    load `start_time` [s] after the voltage is lost, in steps of at most `step` of its power.
    """

    kind: Literal["generator"]
    rating: Rating
    rating_w: Rating
    units: Count = 1
    voltage: Voltage
    start_time: Time
    step: PositiveShare = 1.0
    reactance: PositiveShare = 0.12


class Transformer(Distribution):
    """Rating [VA], output voltage line to line, losses at no load and of full load [W].

    `tap` is by how much it raises its output above that voltage.
    """

    kind: Literal["transformer"]
    rating: Rating
    voltage: Voltage
    no_load_loss: Power
    load_loss: Power
    impedance: PositiveShare
    no_load_current: Share = 0.003
    tap: Annotated[float, share(most=0.2), Field(ge=-0.2)] = 0.0

    @model_validator(mode="after")
    def losses_fit_the_rating(self) -> Self:
        """Refuse a load loss that its share of the impedance, the resistance, cannot make."""
        if self.load_loss > self.impedance * self.rating:
            share = 100 * self.load_loss / self.rating
            raise ValueError(
                f"load_loss of {self.load_loss / 1e3:g} kW is {share:.1f} % of the rating of "
                f"{self.rating / 1e3:g} kVA, more than the impedance of "
                f"{100 * self.impedance:.2f} %; give load_loss and no_load_loss of a transformer "
                "of this rating too"
            )
        return self


class BatteryBank(Description):
    """Energy of a new battery at 25 degC [J], what is left of it when it is replaced and in colder
    rooms, the temperature of its room and the power that refills it.
    """

    energy: Energy
    end_of_life: PositiveShare = 0.8
    derating: tuple[tuple[Temperature, Share], ...] = ()
    temperature: Temperature = 298.15
    recharge: Power = 0.0


class Ups(Distribution):
    """Double conversion UPS; loss = rating_w (a0 + a1 x + a2 x^2), x = output power / rating_w.

    Rating [VA] and rating_w [W] are of all its `modules` together. `overload` lists shares of the
    rating and how long each is borne [s], `fault_current` what the inverter gives over its rated
    current. `mode: eco` feeds the load through its bypass and loses `eco_loss`.
    """

    kind: Literal["ups"]
    rating: Rating
    rating_w: Rating
    loss_coefficients: LossCoefficients
    modules: Count = 1
    mode: Literal["double_conversion", "eco"] = "double_conversion"
    eco_loss: Share = 0.01
    bypass: Flag = True
    overload: tuple[tuple[Annotated[Ratio, Field(ge=1.0)], Time], ...] = ()
    fault_current: Ratio | None = None
    walk_in: Time = 0.0
    battery: BatteryBank | None = None


class Rectifier(Distribution):
    """From alternating to direct current of a voltage; rating_w [W] and losses of the output."""

    kind: Literal["rectifier"]
    rating_w: Rating
    voltage: Voltage
    loss_coefficients: LossCoefficients
    input_power_factor: PositiveShare = 0.99


class Board(Distribution):
    """A switchboard: a rating and no losses."""

    kind: Literal["board"]
    rating_current: Current

    def rating(self, voltage: float, direct: bool = False) -> float:
        """Power at the rated current [VA], of three phases or of direct current."""
        return (1.0 if direct else math.sqrt(3.0)) * voltage * self.rating_current


class TransferSwitch(Board):
    """Takes the first live of its feeds after a `gap` [s]: 4 to 8 ms static, above 0.1 s with
    contacts. Back on a feed it waits `delay` [s] besides, so that generators take load in steps.
    """

    kind: Literal["transfer_switch"]  # type: ignore[assignment]
    gap: Time
    delay: Time = 0.0


class Tie(Board):
    """A breaker between two boards that closes when one of them has lost its feed."""

    kind: Literal["tie"]  # type: ignore[assignment]
    gap: Time = 0.5


class Busway(Board):
    """An overhead busway: resistance and reactance per phase and metre.

    `rating_current` is that of its overcurrent device; `ampacity` that of its conductors in air of
    30 degC and `insulation` the temperature these bear, where they differ.
    """

    kind: Literal["busway"]  # type: ignore[assignment]
    resistance: ResistancePerLength
    reactance: ResistancePerLength
    zero_resistance: ResistancePerLength | None = None
    zero_reactance: ResistancePerLength | None = None
    ampacity: Current | None = None
    insulation: Temperature | None = None


class Line(Busway):
    """A cable or whip."""

    kind: Literal["line"]  # type: ignore[assignment]


class PowerShelf(Entry):
    """Rectifiers of a rack: power at the output, efficiency at full load, the voltages at which
    they work, and how long they carry without any.
    """

    kind: Literal["power_shelf"]
    power: Rating
    supplies: Count
    supply_power: Rating
    efficiency: PositiveShare
    power_factor: PositiveShare = 0.99
    voltage: tuple[Voltage, Voltage]
    hold_up: Time = HOLD_UP
    height_units: Count
    liquid_cooled: Flag = False
    reliability: Reliability | None = None

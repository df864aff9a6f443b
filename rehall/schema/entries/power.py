"""Catalogue entries that distribute power."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rehall.quantities import (
    Current,
    PositiveShare,
    Power,
    Rating,
    ResistancePerLength,
    Share,
    Voltage,
)
from rehall.schema.base import Count, Flag
from rehall.schema.entries.common import Entry

LossCoefficients = tuple[
    Annotated[float, Field(strict=True, ge=0.0, le=0.2)],
    Annotated[float, Field(strict=True, ge=0.0, le=0.2)],
    Annotated[float, Field(strict=True, ge=0.0, le=0.2)],
]


class Distribution(Entry):
    """A node of the power chain. `continuous_factor`: share of the rating allowed for hours.

    0.8 for a standard breaker or busway plug-in, 1.0 where the device is listed for it
    (NEC 210.20, 215.3: continuous load at most 80 % of a standard overcurrent device).
    """

    continuous_factor: PositiveShare = 1.0


class Utility(Distribution):
    """The grid at the point of connection; `short_circuit` is its fault level [VA]."""

    kind: Literal["utility"]
    short_circuit: Rating | None = None


class Transformer(Distribution):
    """Rating [VA], output voltage line to line, losses at no load and of full load [W]."""

    kind: Literal["transformer"]
    rating: Rating
    voltage: Voltage
    no_load_loss: Power
    load_loss: Power
    impedance: PositiveShare
    no_load_current: Share = 0.003

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


class Ups(Distribution):
    """Double conversion UPS; loss = rating_w (a0 + a1 x + a2 x^2), x = output power / rating_w."""

    kind: Literal["ups"]
    rating: Rating
    rating_w: Rating
    loss_coefficients: LossCoefficients


class Board(Distribution):
    """A switchboard: a rating and no losses."""

    kind: Literal["board"]
    rating_current: Current

    def rating(self, voltage: float) -> float:
        """Apparent power at the rated current, three phases [VA]."""
        return math.sqrt(3.0) * voltage * self.rating_current


class Busway(Board):
    """An overhead busway: resistance and reactance per phase and metre."""

    kind: Literal["busway"]  # type: ignore[assignment]
    resistance: ResistancePerLength
    reactance: ResistancePerLength


class Line(Busway):
    """A cable or whip."""

    kind: Literal["line"]  # type: ignore[assignment]


class PowerShelf(Entry):
    """Rectifiers of a rack: power at the output, and efficiency at full load."""

    kind: Literal["power_shelf"]
    power: Rating
    supplies: Count
    supply_power: Rating
    efficiency: PositiveShare
    power_factor: PositiveShare = 0.99
    voltage: tuple[Voltage, Voltage]
    height_units: Count
    liquid_cooled: Flag = False

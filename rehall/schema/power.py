"""The power chain of a case, from the utility to what the loads hang on."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from rehall.quantities import Frequency, Length, Ratio, Share, Temperature, Voltage, quantity
from rehall.schema.base import Description, Name
from rehall.schema.hall import EntryName, Point, require_order
from rehall.schema.systems import SystemSpec


class NodeSpec(Description):
    """A node of the chain and what feeds it: one node, of a transfer switch several in order of
    preference, of a tie the two boards that it joins; none of a utility or generator.

    `voltage` is line to line at its output: needed for the utility, else taken from the entry of
    a transformer, generator or rectifier, or from the feeding node. `from` and `to` place it in the
    hall, where its losses then warm the air; without them it stands outside, in air of the
    temperature `air`.
    """

    name: Name
    of: EntryName
    fed_by: Name | Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    voltage: Voltage | None = None
    length: Length | None = None
    air: Temperature | None = None
    lower: Point | None = Field(default=None, alias="from")
    upper: Point | None = Field(default=None, alias="to")

    @property
    def feeds(self) -> tuple[str, ...]:
        """The nodes that may feed it."""
        if self.fed_by is None:
            return ()
        return (self.fed_by,) if isinstance(self.fed_by, str) else self.fed_by

    @model_validator(mode="after")
    def place_is_whole(self) -> Self:
        """Refuse half of a box."""
        if (self.lower is None) != (self.upper is None):
            raise ValueError("from and to belong together")
        if self.lower and self.upper:
            require_order(self.lower, self.upper)
        return self


class LoadProfile(Description):
    """How accelerator racks draw their power beside its mean.

    `swing` is the amplitude of training steps over that power, at `swing_frequency` (0.2 to 3 Hz
    is usual); `smoothing` is the share of it that the racks' own storage takes away. `peak` is the
    highest power over the mean, for `peak_time`, where the rack's entry has no `power_peak`.
    """

    swing: Share = 0.0
    swing_frequency: Frequency = 1.0
    smoothing: Share = 0.0
    peak: Annotated[Ratio, Field(ge=1.0)] = 1.0
    peak_time: Annotated[float, quantity("time", least=0.0)] = 1e-3


def six_or_ten(tolerance: float) -> float:
    """Refuse a tolerance for which IEC 60909 has no voltage factor."""
    if tolerance not in (0.06, 0.10):
        raise ValueError(f"wanted 6 % or 10 %, got {100 * tolerance:g} %")
    return tolerance


class PowerSpec(Description):
    """The chain: nodes, and ready systems, which are written out among them.

    `voltage_tolerance` is that of the low voltage, for short circuits (IEC 60909).
    """

    nodes: tuple[NodeSpec, ...] = Field(min_length=1)
    systems: tuple[SystemSpec, ...] = ()
    profile: LoadProfile = LoadProfile()
    voltage_tolerance: Annotated[Share, AfterValidator(six_or_ten)] = 0.10

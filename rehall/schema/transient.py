"""The transient of a case: how long, which outputs, and what happens when."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from rehall.quantities import FlowFromZero, Power, Share, Temperature, in_si, quantity
from rehall.schema.base import Description, Name, Numbers

MOST_OUTPUTS = 10_000
KEYS = (
    "state",
    "power",
    "air_flow",
    "supply",
    "flow",
    "temperature",
    "pumps",
    "trip",
    "rejection",
    "coolers",
    "water",
    "filters",
    "valves",
)
"""What an event may change."""

TICK = 3
"""Decimals of a second that a moment has: what happens within a millisecond happens at once."""


def on_the_clock(time: float) -> float:
    """The moment [s] nearest to a time, so that sums and multiples of times meet exactly."""
    return round(time, TICK)


SWITCHES = ("state", "rejection", "coolers", "water")
"""Of these, those that are `on` or `off`."""

Switch = Literal["on", "off"]
Fit = Annotated[int, Field(strict=True, ge=0)]
Duration = Annotated[float, quantity("time", least=0.01)]
Moment = Annotated[float, quantity("time", least=0.0), AfterValidator(on_the_clock)]


@dataclass(frozen=True)
class Every:
    """Outputs at equal distances [s]."""

    every: float


def parse_output(value: Any) -> Every | tuple[float, ...]:
    """Return what `every 10 s` or a list of times asks for."""
    if isinstance(value, str) and (match := re.fullmatch(r"\s*every\s+(.+)", value)):
        every = in_si(match[1], "time")
        if every <= 0.0:
            raise ValueError(f"found {value!r}, wanted more than 0 s")
        return Every(every)
    if isinstance(value, list | tuple) and value:
        times = tuple(in_si(text, "time") for text in value)
        if times[0] < 0.0 or any(b <= a for a, b in pairwise(times)):
            raise ValueError("wanted times that rise, from 0 s on")
        return times
    raise ValueError(f"found {value!r}, wanted 'every 10 s' or a list of times")


Output = Annotated[Every | tuple[float, ...], PlainValidator(parse_output)]


class EventSpec(Description):
    """What changes at one time: of a piece of equipment, a row, or an opening of the shell.

    `state` switches it off and on again; `power`, `air_flow`, `supply` are those of equipment,
    `flow` and `temperature` of supply openings and exhaust fans. Of a CDU or a facility loop
    `pumps` is the number that run from then on, and `trip` are the numbers of those that stop;
    `rejection` of a facility loop is lost and comes back, or is the number of its machines that can
    run, and `coolers` the same of its outdoor loop. `water` shuts off the facility water of a coil
    or a CDU; `filters` is what those of a CDU lose over clean ones [-]. `valves` of a rack loop are
    positions, by rack or pipe. With `ramp` [s] the change takes that long, in a straight line;
    pumps take the time that their `coast_down` and `start_up` say, valves that of their
    `valve_stroke`.
    """

    at: Moment
    item: Name
    state: Switch | None = None
    power: Power | None = None
    air_flow: FlowFromZero | None = None
    supply: Temperature | None = None
    flow: FlowFromZero | None = None
    temperature: Temperature | None = None
    pumps: Fit | None = None
    trip: Annotated[Numbers, Field(min_length=1)] | None = None
    rejection: Switch | Fit | None = None
    coolers: Switch | Fit | None = None
    water: Switch | None = None
    filters: Annotated[float, Field(strict=True, ge=1.0)] | None = None
    valves: dict[Name, Share] | None = None
    ramp: Moment = 0.0

    @property
    def end(self) -> float:
        """When the change is complete [s]."""
        return on_the_clock(self.at + self.ramp)

    @property
    def changes(self) -> dict[str, Any]:
        """What the event sets, by key."""
        return {key: value for key in KEYS if (value := getattr(self, key)) is not None}

    @model_validator(mode="before")
    @classmethod
    def state_is_a_word(cls, data: Any) -> Any:
        """Take `off`, which YAML 1.1 writes for false, for the word."""
        if not isinstance(data, dict):
            return data
        switches = [key for key in SWITCHES if isinstance(data.get(key), bool)]
        return {**data, **{key: "on" if data[key] else "off" for key in switches}}

    @model_validator(mode="after")
    def something_changes(self) -> Self:
        """Refuse an event that changes nothing."""
        if not self.changes:
            raise ValueError(f"changes nothing; wanted one of {', '.join(KEYS)}")
        return self


class TransientSpec(Description):
    """A stretch of time that starts from the steady state of the case."""

    duration: Annotated[Duration, AfterValidator(on_the_clock)]
    output: Output = Every(10.0)
    step_max: Duration = 1.0
    events: tuple[EventSpec, ...] = ()

    @model_validator(mode="after")
    def everything_within_duration(self) -> Self:
        """Refuse outputs beyond the end, and far too many of them."""
        if isinstance(self.output, Every):
            if self.duration / self.output.every > MOST_OUTPUTS:
                raise ValueError(f"output: more than {MOST_OUTPUTS} times; wanted fewer")
            return self
        if self.output[-1] > self.duration:
            raise ValueError(f"output: {self.output[-1]:g} s lies beyond the duration")
        return self

    @property
    def output_times(self) -> tuple[float, ...]:
        """Times at which fields are written [s]; the start and the end always."""
        if isinstance(self.output, Every):
            count = int(self.duration / self.output.every * (1 + 1e-9))
            times = [n * self.output.every for n in range(count + 1)]
        else:
            times = list(self.output)
        inside = {on_the_clock(t) for t in times} - {0.0, self.duration}
        return (0.0, *sorted(t for t in inside if t < self.duration), self.duration)

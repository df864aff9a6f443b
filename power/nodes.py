"""What the user says of the power chain: sources, converters, lines, boards, switches, ties.

Every node is one device together with its outgoing bus. `fed_by` names the node upstream; only a
transfer switch has several, in order of preference, so that the network is radial in every state.
Voltages are line-to-line [V], of direct current between the poles; ratings [VA] are those of the
output at nominal voltage, of all units of a device together.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

STANDARD_BREAKER = 0.8  # NEC 210.20(A), 215.3: overcurrent device >= 125 % of the continuous load
FULLY_RATED = 1.0  # equipment without a continuous-load rule, breakers listed for 100 %
HOLD_UP = 0.02
"""How long power supplies carry without voltage [s]: ORv3 and IT supplies at full load."""

Table = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Device:
    """What all nodes have.

    `derating` lists air temperatures [K], rising, and the share of the rating left at each; 1 below
    the first. `breaking` is the current that its overcurrent device interrupts and `withstand` the
    short-time current that it bears for a second, I_cw [A, r.m.s.]; 0 where not known. `breaker` is
    the rating of that device [A] where it is not that of the node, 0 elsewhere; a line has it at
    its head.
    """

    name: str
    voltage: float
    fed_by: tuple[str, ...] = ()
    rating: float = 0.0
    continuous_factor: float = FULLY_RATED
    derating: Table = ()
    breaking: float = 0.0
    withstand: float = 0.0
    breaker: float = 0.0
    direct: bool = False  # direct current

    @property
    def full_load(self) -> float:
        """Current at the rating [A]; 0 without one."""
        return self.rating / (self.voltage * (1.0 if self.direct else math.sqrt(3.0)))


@dataclass(frozen=True, kw_only=True)
class Utility(Device):
    """A grid connection: held at nominal voltage behind the impedance of its short-circuit power.

    A rating of 0 means no limit. `demand_limit` is the contracted real power, `power_factor_min`
    the one below which a penalty is due (0: none), `ramp_limit` how fast the power may change.
    """

    short_circuit_power: float = math.inf  # [VA]
    r_over_x: float = 0.1  # IEC 60909-0, 6.2: network feeders whose resistance is not known
    demand_limit: float = math.inf  # [W]
    power_factor_min: float = 0.0
    ramp_limit: float = math.inf  # [W/s]
    frequency: float = 60.0  # [Hz]
    kind: ClassVar[str] = "utility"


@dataclass(frozen=True, kw_only=True)
class Generator(Device):
    """Equal generators in parallel on one bus, which start when they are needed.

    `step` is the share of the rated power that may come at once (ISO 8528-5).
    """

    rated_power: float  # of all units [W]
    units: int = 1
    start_time: float  # from loss of voltage to acceptable voltage at the switches [s]
    step: float = 1.0
    reactance: float = 0.12  # subtransient, saturated [pu]
    r_over_x: float = 0.15  # IEC 60909-0, 6.6.1: fictitious, damps the peak; 0.07 above 1 kV
    kind: ClassVar[str] = "generator"


@dataclass(frozen=True, kw_only=True)
class Transformer(Device):
    """A two-winding transformer; `voltage` is that of its output winding.

    `impedance` and `no_load_current` in per unit of the rating, `no_load_loss` at rated voltage,
    `load_loss` at rated current (IEC 60076-1). `tap` is by how much it raises its output.
    """

    impedance: float
    no_load_loss: float  # [W]
    load_loss: float  # [W]
    no_load_current: float = 0.0
    tap: float = 0.0
    kind: ClassVar[str] = "transformer"


@dataclass(frozen=True, kw_only=True)
class Battery:
    """Energy behind a UPS, and what of it is left when it is old and at which temperature.

    `energy` [J] is what a new one gives to the load at 25 degC, `end_of_life` the share left when
    it is replaced, `derating` lists temperatures [K] and shares, `recharge` the power [W] that
    refilling draws.
    """

    energy: float
    end_of_life: float = 0.8  # IEEE 485: replaced at 80 % of its capacity
    derating: Table = ()
    temperature: float = 298.15  # of its room [K]
    recharge: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Ups(Device):
    """A double-conversion UPS: output at nominal voltage, its losses drawn from the input.

    Loss = P_r (a0 + a1 x + a2 x^2), x = P_out / P_r, with P_r the `real_rating` [W] (0: as many
    watts as `rating` has voltamperes), of the units that run. The front end draws its power at
    `input_power_factor`, whatever the power factor of the load. In eco mode the load hangs on the
    input and `eco_loss` is lost; on bypass nothing is. `overload` lists shares of the rating and
    how long each is borne [s]; `fault_current` is what the inverter gives into a fault over its
    rated current (0: not known).
    """

    real_rating: float = 0.0
    units: int = 1
    loss_coefficients: tuple[float, float, float]
    input_power_factor: float = 0.99
    eco: bool = False
    eco_loss: float = 0.01
    bypass: bool = True
    overload: Table = ()
    fault_current: float = 0.0
    walk_in: float = 0.0  # time in which its input takes over the load [s]
    battery: Battery | None = None
    kind: ClassVar[str] = "ups"

    @property
    def rated_power(self) -> float:
        """Rated real output power [W]."""
        return self.real_rating or self.rating


@dataclass(frozen=True, kw_only=True)
class Rectifier(Device):
    """From alternating to direct current: holds its output voltage, loss as of a UPS.

    Its `rating` is in watts of direct current.
    """

    loss_coefficients: tuple[float, float, float]
    input_power_factor: float = 0.99
    direct: bool = True
    kind: ClassVar[str] = "rectifier"

    @property
    def rated_power(self) -> float:
        """Rated output power [W]."""
        return self.rating


@dataclass(frozen=True, kw_only=True)
class Line(Device):
    """A busway, cable or whip with series impedance per metre and phase (direct: of both poles).

    `ampacity` is the current of its conductors [A] in air of 30 degC (0: that of the rating), and
    `insulation` the temperature they bear [K].
    """

    length: float  # [m]
    resistance: float  # [ohm/m]
    reactance: float  # [ohm/m]
    zero_resistance: float = 0.0  # of zero sequence [ohm/m]; 0: a neutral as large as a phase
    zero_reactance: float = 0.0
    capacitance: float = 0.0  # [F/m]
    ampacity: float = 0.0
    insulation: float = 0.0
    continuous_factor: float = STANDARD_BREAKER
    kind: str = "busway"  # busway, cable, whip

    @property
    def zero_sequence(self) -> complex:
        """Impedance of the zero sequence [ohm/m]: three currents return through one neutral.

        Z_0 = Z_phase + 3 Z_neutral, four times that of a phase where the neutral is alike.
        """
        resistance = self.zero_resistance or 4.0 * self.resistance
        return complex(resistance, self.zero_reactance or 4.0 * self.reactance)


@dataclass(frozen=True, kw_only=True)
class Board(Device):
    """Switchgear, panel or PDU without a transformer: a rating and no impedance."""

    continuous_factor: float = STANDARD_BREAKER
    kind: str = "board"  # board, pdu


@dataclass(frozen=True, kw_only=True)
class TransferSwitch(Device):
    """Takes the first live one of its feeds, after a `gap` [s] without voltage.

    A static switch needs 4 to 8 ms, one with contacts 0.1 s and more; `delay` [s] is what it waits
    besides on a return of voltage, so that loads come to a generator one after the other.
    """

    gap: float = 0.006
    delay: float = 0.0
    continuous_factor: float = STANDARD_BREAKER
    kind: ClassVar[str] = "transfer_switch"


@dataclass(frozen=True, kw_only=True)
class Tie(Device):
    """A breaker between two boards that closes when one of them has lost its feed.

    `fed_by` names the two boards. It opens again when both are fed: two sources never meet.
    """

    gap: float = 0.5
    continuous_factor: float = STANDARD_BREAKER
    kind: ClassVar[str] = "tie"


Node = Utility | Generator | Transformer | Ups | Rectifier | Line | Board | TransferSwitch | Tie
Source = Utility | Generator
Converter = Ups | Rectifier

PHASES = ("abc", "a", "b", "c", "ab", "bc", "ca")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What draws power: a rack, a pump, a fan; of constant power.

    It splits its power over its live feeds by `shares` (equal where None); the share of a dead
    feed moves to the live ones in proportion, as far as `ratings` [W] of the supplies on each feed
    go (None: no limit); what is left is unserved. A share of 0 is a feed that waits for the others.
    `phases` names those that it hangs on: `abc`, one to neutral, or two (the power of each as at
    nominal voltages: currents within some 1.5 % where phases are far apart). `third` is the share
    of a third harmonic in its current, which adds up in the neutral.

    `peak` is the highest power over that wanted, for `peak_time` [s]; `swing` the amplitude of its
    steady swing over that wanted, at `swing_frequency` [Hz]. `window` is the voltage [V] in which
    it works; `critical` tells that it must not lose its power for longer than its supplies'
    `hold_up` [s].
    """

    name: str
    feeds: tuple[str, ...]
    power_factor: float = 0.99  # lagging
    shares: tuple[float, ...] | None = None
    ratings: tuple[float, ...] | None = None
    phases: str = "abc"
    third: float = 0.0
    peak: float = 1.0
    peak_time: float = 0.0
    swing: float = 0.0
    swing_frequency: float = 1.0
    window: tuple[float, float] | None = None
    hold_up: float = HOLD_UP
    critical: bool = True

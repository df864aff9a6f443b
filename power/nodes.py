"""What the user says of the power chain: utility, transformer, UPS, line, board, load.

Every node is one device together with its outgoing bus. `fed_by` names the nodes upstream in order
of preference: where there are several, an automatic transfer switch takes the first live one, so
that the network is radial in every state. Voltages are line-to-line [V], ratings [VA] are those of
the output at nominal voltage.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

STANDARD_BREAKER = 0.8  # NEC 210.20(A), 215.3: overcurrent device >= 125 % of the continuous load
FULLY_RATED = 1.0  # equipment without a continuous-load rule, breakers listed for 100 %


@dataclass(frozen=True, kw_only=True)
class Utility:
    """A grid connection: held at nominal voltage behind the impedance of its short-circuit power.

    A rating of 0 means no limit; `demand_limit` is the contracted real power.
    """

    name: str
    voltage: float
    rating: float = 0.0
    continuous_factor: float = FULLY_RATED
    short_circuit_power: float = math.inf  # [VA]
    demand_limit: float = math.inf  # [W]
    fed_by: tuple[str, ...] = ()
    kind: ClassVar[str] = "utility"


@dataclass(frozen=True, kw_only=True)
class Transformer:
    """A two-winding transformer; `voltage` is that of its output winding.

    `impedance` and `no_load_current` in per unit of the rating, `no_load_loss` at rated voltage,
    `load_loss` at rated current (IEC 60076-1).
    """

    name: str
    fed_by: tuple[str, ...]
    voltage: float
    rating: float
    impedance: float
    no_load_loss: float  # [W]
    load_loss: float  # [W]
    no_load_current: float = 0.0
    continuous_factor: float = FULLY_RATED
    kind: ClassVar[str] = "transformer"


@dataclass(frozen=True, kw_only=True)
class Ups:
    """A double-conversion UPS: output at nominal voltage, its losses drawn from the input.

    Loss = P_r (a0 + a1 x + a2 x^2), x = P_out / P_r, with P_r the `real_rating` [W] (0: as many
    watts as `rating` has voltamperes). The front end draws its power at `input_power_factor`,
    whatever the power factor of the load.
    """

    name: str
    fed_by: tuple[str, ...]
    voltage: float
    rating: float
    real_rating: float = 0.0
    loss_coefficients: tuple[float, float, float]
    input_power_factor: float = 0.99
    continuous_factor: float = FULLY_RATED
    kind: ClassVar[str] = "ups"

    @property
    def rated_power(self) -> float:
        """Rated real output power [W]."""
        return self.real_rating or self.rating


@dataclass(frozen=True, kw_only=True)
class Line:
    """A busway, cable or whip with series impedance per metre and phase."""

    name: str
    fed_by: tuple[str, ...]
    voltage: float
    rating: float
    length: float  # [m]
    resistance: float  # [ohm/m]
    reactance: float  # [ohm/m]
    continuous_factor: float = STANDARD_BREAKER
    kind: str = "busway"  # busway, cable, whip


@dataclass(frozen=True, kw_only=True)
class Board:
    """Switchgear, panel or PDU without a transformer: a rating and no impedance."""

    name: str
    fed_by: tuple[str, ...]
    voltage: float
    rating: float
    continuous_factor: float = STANDARD_BREAKER
    kind: str = "board"  # board, pdu


Node = Utility | Transformer | Ups | Line | Board


@dataclass(frozen=True, kw_only=True)
class Load:
    """What draws power: a rack, a pump, a fan; three-phase, balanced, of constant power.

    It splits its power over its live feeds by `shares` (equal where None); the share of a dead
    feed moves to the live ones in proportion. A share of 0 is a feed that waits for the others.
    """

    name: str
    feeds: tuple[str, ...]
    power_factor: float = 0.99  # lagging
    shares: tuple[float, ...] | None = None

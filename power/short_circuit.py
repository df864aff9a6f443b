"""Three-phase short-circuit currents at the output of every node: IEC 60909-0, closed form.

The chain is radial in every state, so the impedances from the source down to the fault add up; ties
and transfer switches have none. Currents of motors, faults of one phase, and direct current are not
here. A generator's current falls after its first periods: what a breaker opens is less.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from geometry.errors import Finding, InputError
from power.checks import Check
from power.network import NONE, PowerModel
from power.nodes import Generator, Line, Node, Rectifier, Source, Transformer, Ups, Utility

LOW_VOLTAGE = 1000.0  # highest low voltage [V]
LOW = {0.06: (1.05, 0.95), 0.10: (1.10, 0.90)}
"""Voltage factors of the largest and smallest current by tolerance: IEC 60909-0:2016, table 1."""
HIGH = (1.10, 1.00)  # above low voltage, the same table
PEAK_WITHSTAND = ((5e3, 1.5), (10e3, 1.7), (20e3, 2.0), (50e3, 2.1), (np.inf, 2.2))
"""Peak over short-time withstand current up to the latter [A]: IEC 61439-1, table 7."""
BREAKING_SOURCE = "NEC 110.9; IEC 60947-2: breaking capacity of at least the prospective current"
WITHSTAND_SOURCE = "IEC 61439-1: rated short-time withstand current"
PEAK_SOURCE = "IEC 61439-1, table 7: peak withstand as a multiple of the short-time one"


@dataclass(frozen=True)
class ShortCircuit:
    """Bolted three-phase fault at the output of each node [A]; one state has no first axis.

    0 where dead; NaN where direct, and behind an inverter whose fault current is not known.
    Infinite at an ideal source.
    """

    largest: Float[np.ndarray, "*state node"]  # initial symmetrical, r.m.s.
    smallest: Float[np.ndarray, "*state node"]  # initial symmetrical, r.m.s.
    peak: Float[np.ndarray, "*state node"]  # of the largest


def short_circuit(
    model: PowerModel,
    live: Bool[np.ndarray, "*state node"],
    fed_from: Int[np.ndarray, "*state node"],
    tolerance: float = 0.10,
    units: Float[np.ndarray, "*state node"] | None = None,
    heating: float = 1.0,
) -> ShortCircuit:
    """Currents in states of the chain: I = c U / (sqrt3 |Z|), peak = kappa sqrt2 I.

        kappa = 1.02 + 0.98 exp(-3 R / X)

    `tolerance` of the low voltage, 0.06 or 0.10, sets c; `units` is the share of generators and UPS
    that runs (None: all). `heating` is the resistance of lines at the end of a fault over that
    given, 1 + 0.004 / K (T - 20 degC), and counts in the smallest current only; for the largest
    the standard wants resistances of 20 degC. IEC 60909-0, 5.3, 6 and 8.1.
    """
    here, above = np.atleast_2d(live), np.atleast_2d(fed_from)
    running = np.ones(here.shape) if units is None else np.atleast_2d(units)
    c = np.array([voltage_factors(V, tolerance) for V in model.voltage.tolist()])
    bare = _impedances(model, running, c[:, 0], generator_resistance=False)
    damped = _impedances(model, running, c[:, 0])
    hot = _impedances(model, running, c[:, 0], heating=heating)
    most = _infeed(model, above, running, bare, c[:, 0])
    least = _infeed(model, above, running, hot, c[:, 1])
    kappa = _kappa(_infeed(model, above, running, damped, c[:, 0]).impedance)
    from_source = _current(model, most.impedance, c[:, 0])
    no_source = np.isinf(least.impedance)
    lowest = np.where(no_source, np.inf, _current(model, least.impedance, c[:, 1]))
    unknown = (no_source & (most.strongest == 0)) | _direct(model)
    found = (
        np.maximum(from_source, most.strongest),
        np.minimum(lowest, least.weakest),
        np.sqrt(2.0) * np.maximum(kappa * from_source, most.strongest),
    )
    shape = live.shape
    known = (np.where(unknown, np.nan, current) for current in found)
    return ShortCircuit(*(np.where(here, current, 0.0).reshape(shape) for current in known))


def voltage_factors(voltage: float, tolerance: float = 0.10) -> tuple[float, float]:
    """c of the largest and of the smallest current [-] at a nominal voltage [V].

    >>> voltage_factors(415.0, 0.06)
    (1.05, 0.95)
    """
    if tolerance not in LOW:
        raise InputError([Finding("tolerance", f"must be 0.06 or 0.10, got {tolerance:g}")])
    return LOW[tolerance] if voltage <= LOW_VOLTAGE else HIGH


def _impedances(
    model: PowerModel,
    units: Float[np.ndarray, "state node"],
    c_max: Float[np.ndarray, " node"],
    generator_resistance: bool = True,
    heating: float = 1.0,
) -> Complex[np.ndarray, "state node"]:
    """Own impedance of every node [ohm]; of generators that of all sets that run together."""
    places = range(len(model.nodes))
    own = np.array([_own(model, i, c_max, generator_resistance, heating) for i in places])
    sets = np.array([isinstance(node, Generator) for node in model.nodes])
    return own / np.where(sets & (units > 0), units, 1.0)


def _own(
    model: PowerModel,
    place: int,
    c_max: Float[np.ndarray, " node"],
    generator_resistance: bool,
    heating: float,
) -> complex:
    """Impedance of one node from its feed to its output, corrected, at its output voltage [ohm].

        feeder       c_max U^2 / S_kQ                                       6.2
        transformer  0.95 c_max / (1 + 0.6 x_T) Z_T                         6.3.3
        generator    c_max / (1 + x" sin(phi)) x" (R/X + j) U^2 / S         6.6.1

    c_max of a transformer is that of its low-voltage side. They hold for the smallest current too:
    it differs by its voltage factor, the temperature of lines and the infeed, of which one
    short-circuit power is known. The fictitious resistance of a generator belongs to the peak: the
    largest current goes without, the smallest with it.
    """
    node, Z = model.nodes[place], complex(model.impedance[place])
    match node:
        case Utility():
            return float(c_max[place]) * Z
        case Transformer():
            lower = min((place, int(model.parents[place, 0])), key=lambda i: model.voltage[i])
            x = Z.imag * node.rating / node.voltage**2
            return 0.95 * float(c_max[lower]) / (1.0 + 0.6 * x) * Z
        case Generator():
            sine = np.sqrt(1.0 - (node.rated_power / node.rating) ** 2)
            K = float(c_max[place] / (1.0 + node.reactance * sine))
            resistance = node.r_over_x if generator_resistance else 0.0
            return K * complex(resistance, 1.0) * node.reactance * node.voltage**2 / node.rating
        case Line():
            return complex(heating * Z.real, Z.imag)
    return Z


@dataclass(frozen=True)
class _Infeed:
    """What feeds a fault at each node.

    `impedance` up to the source on top, through static bypasses; infinite where a UPS is in between
    that has none, or is on battery. Inverters are sources of limited current.
    """

    impedance: Complex[np.ndarray, "state node"]  # [ohm]
    strongest: Float[np.ndarray, "state node"]  # of the inverters above [A]; 0 without one
    weakest: Float[np.ndarray, "state node"]  # [A]; inf without one, NaN if not known


def _infeed(
    model: PowerModel,
    above: Int[np.ndarray, "state node"],
    units: Float[np.ndarray, "state node"],
    own: Complex[np.ndarray, "state node"],
    c: Float[np.ndarray, " node"],
) -> _Infeed:
    """Go from every node upwards at once and add up impedances, referred to the fault's voltage.

    An inverter gives its fault current, or less where the impedance up to it allows no more.
    """
    is_source = np.array([isinstance(node, Source) for node in model.nodes])
    passes = np.array([not isinstance(node, Ups) or node.bypass for node in model.nodes])
    inverter = np.array([_inverter(node) for node in model.nodes]) * units
    Z, top = np.zeros_like(own), np.full_like(own, np.inf)
    strongest, weakest = np.zeros(above.shape), np.full(above.shape, np.inf)
    place = np.broadcast_to(np.arange(above.shape[1]), above.shape)
    going = np.ones(above.shape, dtype=bool)
    while going.any():
        ratio = model.voltage / model.voltage[place]
        Z = Z + np.where(going, np.take_along_axis(own, place, axis=-1) * ratio**2, 0.0)
        given = np.take_along_axis(inverter, place, axis=-1) / ratio
        given = np.minimum(given, _current(model, Z, c))
        ups = going & model.is_ups[place]
        strongest = np.where(ups, np.fmax(strongest, given), strongest)
        weakest = np.where(ups, np.minimum(weakest, given), weakest)
        top = np.where(going & is_source[place], Z, top)
        higher = np.take_along_axis(above, place, axis=-1)
        going = going & passes[place] & (higher != NONE)
        place = np.where(going, higher, 0)
    return _Infeed(top, strongest, weakest)


def _inverter(node: Node) -> float:
    """Current that the inverters of a UPS give into a fault [A]; NaN where not known."""
    if not isinstance(node, Ups) or node.fault_current <= 0:
        return np.nan
    return node.fault_current * node.full_load


def _current(
    model: PowerModel, Z: Complex[np.ndarray, "state node"], c: Float[np.ndarray, " node"]
) -> Float[np.ndarray, "state node"]:
    with np.errstate(divide="ignore"):
        return c * model.voltage / (np.sqrt(3.0) * np.abs(Z))


def _kappa(Z: Complex[np.ndarray, "state node"]) -> Float[np.ndarray, "state node"]:
    """Peak over that of a current without its decaying part [-]: IEC 60909-0, 8.1."""
    ratio = np.divide(Z.real, Z.imag, out=np.full(Z.shape, np.inf), where=Z.imag > 0)
    return 1.02 + 0.98 * np.exp(-3.0 * ratio)


def _direct(model: PowerModel) -> Bool[np.ndarray, " node"]:
    return np.array([node.direct or isinstance(node, Rectifier) for node in model.nodes])


def fault_checks(
    model: PowerModel, found: ShortCircuit, fed_from: Int[np.ndarray, "*state node"]
) -> list[Check]:
    """Breaking capacity and withstand of every node that states them, in the worst of the states.

    The largest current against `breaking` and `withstand`, which is the r.m.s. that a board bears
    for its short time, 1 s as a rule; the peak against what belongs to that withstand in IEC
    61439-1, table 7. The overcurrent device of a line is at its head: the current there counts, at
    the output of what feeds it. Others are judged at their own output. Currents that are not known
    are not judged.
    """
    largest = _worst(model, found.largest, fed_from)
    peak = _worst(model, found.peak, fed_from)
    checks = []
    for node, current, crest in zip(model.nodes, largest.tolist(), peak.tolist(), strict=True):
        most = node.withstand * next(n for up_to, n in PEAK_WITHSTAND if node.withstand <= up_to)
        checks += [
            Check(node.name, rule, value, limit, "A", value <= limit, source)
            for rule, value, limit, source in (
                ("interrupting rating", current, node.breaking, BREAKING_SOURCE),
                ("short-time withstand", current, node.withstand, WITHSTAND_SOURCE),
                ("peak withstand", crest, most, PEAK_SOURCE),
            )
            if limit > 0 and value > 0
        ]
    return checks


def _worst(
    model: PowerModel,
    current: Float[np.ndarray, "*state node"],
    fed_from: Int[np.ndarray, "*state node"],
) -> Float[np.ndarray, " node"]:
    """Highest current of all states where each device feels it [A]; NaN where none is known."""
    lines = np.array([isinstance(node, Line) for node in model.nodes])
    at = np.where(lines & (fed_from != NONE), fed_from, np.arange(len(lines)))
    felt = np.take_along_axis(current, at, axis=-1)
    return np.fmax.reduce(np.atleast_2d(felt), axis=0)

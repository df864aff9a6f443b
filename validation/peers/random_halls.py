"""Power chains of halls drawn at random, with what their loads want and failures of them."""

from dataclasses import dataclass, replace

import numpy as np

from power import build
from power.network import PowerModel
from power.nodes import (
    PHASES,
    Battery,
    Board,
    Generator,
    Line,
    Load,
    Node,
    Rectifier,
    Tie,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
)
from power.states import Failure, Moment, States, states_of

STATES = 5  # of each hall, the first of them normal
SIDES, RACKS = 4, 20  # at most
DIRECT = 800.0  # of direct current [V]


@dataclass(frozen=True)
class Hall:
    """A chain, the power that every load wants [W], and states of it."""

    name: str
    model: PowerModel
    power: np.ndarray
    states: States


def random_hall(seed: int) -> Hall:
    """One to four sides behind one or two utilities; racks on two of them where there are two."""
    rng = np.random.default_rng(seed)
    sides, utilities = int(rng.integers(1, SIDES + 1)), int(rng.integers(1, 3))
    three = rng.random() < 0.3
    volts, medium = rng.choice([400.0, 415.0, 480.0]), rng.choice([10e3, 13.8e3, 22e3, 34.5e3])
    rating, frequency = rng.uniform(1e6, 3.2e6), rng.choice([50.0, 60.0])
    nodes: list[Node] = [
        Utility(
            name=f"grid {n}",
            voltage=medium,
            short_circuit_power=rng.choice([np.inf, rng.uniform(50e6, 800e6)]),
            r_over_x=rng.uniform(0.05, 0.3),
            frequency=frequency,
        )
        for n in range(utilities)
    ]
    loads, wanted, outs = list[Load](), list[float](), list[str]()
    for side in range(sides):
        more, ends = _side(rng, side, f"grid {side % utilities}", medium, volts, rating)
        nodes += more
        outs.append(ends[-1])
        for name, at in (("chiller", ends[0]), ("pumps", ends[1])):
            load = Load(name=f"{name} {side}", feeds=(at,), power_factor=rng.uniform(0.8, 0.95))
            loads.append(load)
            wanted.append(rng.uniform(0.02, 0.1) * rating)
    nodes += [
        Tie(name=f"tie {n}", fed_by=(f"low {n}", f"low {n + 1}"), voltage=volts, rating=rating)
        for n in range(0, sides - 1, 2)
        if rng.random() < 0.5
    ]
    busways, direct = _busways(rng, outs, volts, rating)
    nodes += busways
    racks = int(rng.integers(6, RACKS + 1))
    of_rack = rng.uniform(0.3, 0.6) * rating * sides / racks
    for n in range(racks):
        power = of_rack * rng.uniform(0.5, 1.5)
        whips, rack = _rack(rng, n, direct if direct and n % 4 == 0 else outs, nodes, power, three)
        nodes += whips
        loads.append(rack)
        wanted.append(power)
    model = build(nodes, loads)
    name = f"{seed}: {sides} sides, {racks} racks, {len(nodes)} nodes"
    return Hall(name + ", three phases" * model.three, model, np.array(wanted), _states(rng, model))


def _side(
    rng: np.random.Generator, side: int, grid: str, medium: float, volts: float, rating: float
) -> tuple[list[Node], list[str]]:
    """From the utility to the board of the racks; the boards where something else may hang."""
    switched, has_ups = rng.random() < 0.7, rng.random() < 0.8
    nodes: list[Node] = []
    feed = grid
    if rng.random() < 0.6:
        feed = f"cable {side}"
        nodes.append(
            Line(
                name=feed,
                fed_by=(grid,),
                voltage=medium,
                rating=2 * rating,
                length=rng.uniform(20.0, 2000.0),
                resistance=rng.uniform(0.08e-3, 0.3e-3),
                reactance=rng.uniform(0.08e-3, 0.15e-3),
                capacitance=rng.uniform(0.15e-9, 0.4e-9),
                kind="cable",
            )
        )
    nodes += [
        _transformer(rng, f"TX {side}", feed, volts, rating, rng.integers(-2, 3) * 0.025),
        Board(name=f"low {side}", fed_by=(f"TX {side}",), voltage=volts, rating=rating),
    ]
    main = Board(name=f"main {side}", fed_by=(f"low {side}",), voltage=volts, rating=rating)
    if switched:
        generator = f"generators {side}"
        nodes.append(
            Generator(
                name=generator,
                voltage=volts,
                rating=rating,
                rated_power=0.8 * rating,
                units=int(rng.integers(1, 4)),
                start_time=10.0,
            )
        )
        main = TransferSwitch(
            name=main.name,
            fed_by=(f"low {side}", generator),
            voltage=volts,
            rating=rating,
            gap=rng.choice([0.006, 0.3]),
        )
    nodes.append(main)
    out = Board(name=f"out {side}", fed_by=(main.name,), voltage=volts, rating=rating)
    if has_ups:
        nodes.append(_ups(rng, f"UPS {side}", main.name, volts, rating))
        out = Board(name=out.name, fed_by=(f"UPS {side}",), voltage=volts, rating=rating)
    nodes.append(out)
    ends = [f"low {side}", main.name, out.name]
    if rng.random() < 0.3:
        nodes.append(_transformer(rng, f"PDU {side}", out.name, 0.9 * volts, rating, 0.0))
        ends.append(f"PDU {side}")
    return nodes, ends


def _transformer(
    rng: np.random.Generator, name: str, feed: str, volts: float, rating: float, tap: float
) -> Transformer:
    return Transformer(
        name=name,
        fed_by=(feed,),
        voltage=volts,
        rating=rating,
        impedance=rng.uniform(0.04, 0.08),
        no_load_loss=rng.uniform(0.0005, 0.002) * rating,
        load_loss=rng.uniform(0.005, 0.015) * rating,
        no_load_current=rng.uniform(0.0, 0.01),
        tap=tap,
    )


def _ups(rng: np.random.Generator, name: str, feed: str, volts: float, rating: float) -> Ups:
    battery = Battery(energy=5 * 60 * rating, recharge=0.1 * rating)
    return Ups(
        name=name,
        fed_by=(feed,),
        voltage=volts,
        rating=rating,
        real_rating=rng.uniform(0.9, 1.0) * rating,
        units=int(rng.integers(1, 5)),
        loss_coefficients=_loss(rng),
        input_power_factor=rng.uniform(0.97, 1.0),
        eco=rng.random() < 0.2,
        battery=battery if rng.random() < 0.7 else None,
    )


def _loss(rng: np.random.Generator) -> tuple[float, float, float]:
    return rng.uniform(0.003, 0.01), rng.uniform(0.005, 0.02), rng.uniform(0.005, 0.02)


def _busways(
    rng: np.random.Generator, outs: list[str], volts: float, rating: float
) -> tuple[list[Node], list[str]]:
    """Transfer switches and busways behind the boards of the racks; `outs` are their ends then.

    And the ends of direct current, if there is any.
    """
    nodes, direct = list[Node](), list[str]()
    ends = list(outs)
    for n, out in enumerate(ends):
        level = 0.9 * volts if out.startswith("PDU") else volts
        feed, other = out, ends[n - 1]
        if other != out and other[:3] == out[:3] and rng.random() < 0.3:
            feed = f"STS {n}"
            nodes.append(
                TransferSwitch(name=feed, fed_by=(out, other), voltage=level, rating=rating)
            )
        outs[n] = f"busway {n}"
        nodes.append(_line(rng, outs[n], feed, level, rating, rng.uniform(10.0, 60.0), "busway"))
        if rng.random() < 0.25:
            nodes.append(
                Rectifier(
                    name=f"rectifier {n}",
                    fed_by=(out,),
                    voltage=DIRECT,
                    rating=rating,
                    loss_coefficients=_loss(rng),
                    input_power_factor=rng.uniform(0.95, 1.0),
                )
            )
            direct.append(f"busway {n} of direct current")
            nodes.append(_line(rng, direct[-1], f"rectifier {n}", DIRECT, rating, 40.0, "busway"))
    return nodes, direct


def _line(
    rng: np.random.Generator,
    name: str,
    feed: str,
    volts: float,
    rating: float,
    length: float,
    kind: str,
) -> Line:
    """A line whose voltage drops by some 0.01 to 0.05 % a metre at its rating."""
    unit, direct = volts**2 / rating, bool(volts == DIRECT)
    resistance, reactance = rng.uniform(0.5e-4, 4e-4) * unit, rng.uniform(0.5e-4, 2e-4) * unit
    return Line(
        name=name,
        fed_by=(feed,),
        voltage=volts,
        rating=rating,
        length=length,
        resistance=resistance,
        reactance=0.0 if direct else reactance,
        zero_resistance=rng.choice([0.0, 3.0 * resistance]),
        zero_reactance=0.0 if direct else rng.choice([0.0, 3.5 * reactance]),
        direct=direct,
        kind=kind,
    )


def _rack(
    rng: np.random.Generator,
    number: int,
    ends: list[str],
    nodes: list[Node],
    power: float,
    three: bool,
) -> tuple[list[Node], Load]:
    """A rack with a whip from each of up to three of the `ends`."""
    most = min(len(ends), int(rng.choice([1, 2, 3], p=[0.1, 0.8, 0.1])))
    feeds = [str(end) for end in rng.choice(ends, most, replace=False)]
    volts = {node.name: node.voltage for node in nodes}
    whips = [
        _line(rng, f"whip {number}.{n}", feed, volts[feed], 2 * power, rng.uniform(3, 20), "whip")
        for n, feed in enumerate(feeds)
    ]
    shares = rng.choice(["equal", "unequal", "waiting"], p=[0.6, 0.25, 0.15])
    weights = {
        "equal": None,
        "unequal": tuple(rng.uniform(0.2, 1.0, most)),
        "waiting": (1.0, *[0.0] * (most - 1)),
    }
    direct = volts[feeds[0]] == DIRECT
    return whips, Load(
        name=f"rack {number}",
        feeds=tuple(whip.name for whip in whips),
        power_factor=1.0 if direct else rng.uniform(0.9, 1.0),
        shares=weights[shares],
        ratings=tuple(rng.uniform(0.5, 1.3, most) * power) if rng.random() < 0.4 else None,
        phases=str(rng.choice(PHASES)) if three and not direct else PHASES[0],
    )


def _states(rng: np.random.Generator, model: PowerModel) -> States:
    """The normal state, and up to three nodes, units or bypasses out at random moments."""
    names = [node.name for node in model.nodes if not isinstance(node, Tie)]
    large = [name for name in names if not name.startswith("whip")]
    several = {n.name: n.units for n in model.nodes if getattr(n, "units", 1) > 1}
    ups = [node.name for node in model.nodes if isinstance(node, Ups)]
    failures = [Failure()]
    for _ in range(STATES - 1):
        dead = {*rng.choice(large, rng.integers(0, 3)), *rng.choice(names, rng.integers(0, 2))}
        units = [(name, int(rng.integers(1, most))) for name, most in several.items()]
        failures.append(
            Failure(
                frozenset(map(str, dead)),
                tuple(lost for lost in units if rng.random() < 0.3),
                frozenset(name for name in ups if rng.random() < 0.15),
            )
        )
    states = states_of(model, failures)
    moments = rng.choice([int(moment) for moment in Moment], len(failures))
    moments[0] = Moment.SETTLED
    return replace(states, moment=moments)

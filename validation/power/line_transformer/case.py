from power import Board, Line, Load, Node, Transformer, Utility, build, solve
from rehall.validation import Outcome, Row, read_reference

SOURCE_VOLTAGE, NOMINAL, LOW, WINDING = 20.2e3, 20e3, 400.0, 420.0  # [V]
LENGTH, CONDUCTANCE = 12.2e3, 1e-9  # [m], [S/m]
TAP = SOURCE_VOLTAGE / (22e3 * (1 - 0.025)) - 1
ROUNDS = 5
SOURCES = {
    "line": "DIgSILENT PowerFactory",
    "two transformers": "DIgSILENT PowerFactory",
    "one transformer": "Sincal",
}
GRID = Utility(name="grid", voltage=SOURCE_VOLTAGE, frequency=50.0)


def board(name: str, feed: str) -> Board:
    return Board(name=name, fed_by=(feed,), voltage=SOURCE_VOLTAGE, rating=5e6)


def line(name: str, feed: str, parallel: int = 1) -> Line:
    return Line(
        name=name,
        fed_by=(feed,),
        voltage=SOURCE_VOLTAGE,
        rating=5e6,
        length=LENGTH,
        resistance=0.08e-3 / parallel,
        reactance=0.12e-3 / parallel,
        capacitance=300e-12 * parallel,
        kind="cable",
    )


def load(name: str, feed: str, power: complex) -> Load:
    return Load(name=name, feeds=(feed,), power_factor=power.real / abs(power))


def lines() -> dict[str, float]:
    """The pair with its load and the open line; conductances are loads of the voltage found."""
    nodes: list[Node] = [
        GRID,
        board("to the pair", "grid"),
        line("pair", "to the pair", parallel=2),
        board("load", "pair"),
        board("to the open line", "grid"),
        line("open line", "to the open line"),
    ]
    places = {"to the pair": 2, "pair": 2, "to the open line": 1, "open line": 1}
    loads = [load("load", "load", 1.2 + 1.1j), *(load(f"G of {at}", at, 1 + 0j) for at in places)]
    model = build(nodes, loads)
    volts = dict.fromkeys(places, SOURCE_VOLTAGE)
    for _ in range(ROUNDS):
        halves = [n * CONDUCTANCE * LENGTH / 2 * volts[at] ** 2 for at, n in places.items()]
        state = solve(model, [1.2e6, *halves])
        volts = {at: float(state.voltage[model.index[at]]) for at in places}
    at = model.index
    return {
        "voltage at the load": state.voltage[at["load"]] / NOMINAL,
        "power into the pair": state.power[at["to the pair"]] / 1e6,
        "reactive power into the pair": state.reactive[at["to the pair"]] / 1e6,
        "current of the pair": abs(state.current[at["load"]][0]),
        "power into the open line": state.power[at["to the open line"]] / 1e6,
        "reactive power into the open line": state.reactive[at["to the open line"]] / 1e6,
        "current into the open line": abs(state.current[at["to the open line"]][0]),
    }


def transformers(parallel: int) -> dict[str, float]:
    """Loaded transformers in parallel as one, and an open one, behind a line."""
    counts = {"loaded": parallel, "open": 1}
    boards = [board(f"to the {name}", "line") for name in counts]
    pair = [
        Transformer(
            name=name,
            fed_by=(f"to the {name}",),
            voltage=WINDING,
            rating=count * 0.4e6,
            impedance=0.05,
            no_load_loss=count * 2e3,
            load_loss=count * 0.02 * 0.4e6,
            no_load_current=0.004,
            tap=TAP,
        )
        for name, count in counts.items()
    ]
    power = 0.2e6 + 0.05e6j
    nodes: list[Node] = [GRID, line("line", "grid"), *boards, *pair]
    model = build(nodes, [load("load", "loaded", power)])
    state = solve(model, [power.real])
    at, amperes = model.index, abs(state.current[:, 0])
    return {
        "voltage before them": state.voltage[at["line"]] / NOMINAL,
        "voltage at the load": state.voltage[at["loaded"]] / LOW,
        "power into the pair": state.power[at["to the loaded"]] / 1e6,
        "power into the open one": state.power[at["to the open"]] / 1e6,
        "current into the pair": amperes[at["to the loaded"]],
        "current at the load": amperes[at["loaded"]],
        "current into the open one": amperes[at["to the open"]],
        "loss of the pair": state.losses[at["loaded"]] / 1e6,
    }


def run(reduced: bool) -> Outcome:
    table, ours = read_reference(__file__), {"line": lines()}
    ours |= {"one transformer": transformers(1), "two transformers": transformers(2)}
    names = ("case", "quantity", "value", "unit", "limit")
    columns = zip(*(table[name] for name in names), strict=True)
    return Outcome(
        [
            Row(
                quantity,
                float(ours[case][quantity]),
                value,
                limit,
                unit=unit,
                at=case,
                source=SOURCES[case],
            )
            for case, quantity, value, unit, limit in columns
        ]
    )

"""A hall with two equal chains A and B, to be solved in many ways."""

from dataclasses import replace

import pytest

from power import Board, Line, Load, Node, PowerModel, Transformer, Ups, Utility, build

LOSS = (0.006, 0.012, 0.013)


def chain(side: str, busways: int, whips: int) -> list[Node]:
    """Utility, transformer, board, UPS, board, busways with whips; names end in the side."""
    nodes: list[Node] = [
        Utility(
            name=f"grid {side}", voltage=13.8e3, short_circuit_power=500e6, demand_limit=2.3e6
        ),
        Transformer(
            name=f"TX {side}", fed_by=(f"grid {side}",), voltage=415.0, rating=2.5e6,
            impedance=0.0575, no_load_loss=1575.0, load_loss=18500.0, no_load_current=0.003,
        ),
        Board(name=f"main {side}", fed_by=(f"TX {side}",), voltage=415.0, rating=2.87e6,
              continuous_factor=1.0),
        Ups(name=f"UPS {side}", fed_by=(f"main {side}",), voltage=415.0, rating=2.2e6,
            real_rating=2e6, loss_coefficients=LOSS),
        Board(name=f"out {side}", fed_by=(f"UPS {side}",), voltage=415.0, rating=2.87e6),
    ]  # fmt: skip
    for i in range(busways):
        nodes.append(Line(
            name=f"bus {i} {side}", fed_by=(f"out {side}",), voltage=415.0, rating=718.8e3,
            length=30.0, resistance=0.045e-3, reactance=0.03e-3,
        ))  # fmt: skip
        nodes += [
            Line(
                name=f"whip {i}.{j} {side}", fed_by=(f"bus {i} {side}",), voltage=415.0,
                rating=143.8e3, length=8.0, resistance=0.16e-3, reactance=0.085e-3, kind="whip",
            )
            for j in range(whips)
        ]  # fmt: skip
    return nodes


def hall(busways: int = 2, whips: int = 3, **of_load: object) -> PowerModel:
    """Both chains, and one rack for each pair of whips."""
    nodes = chain("A", busways, whips) + chain("B", busways, whips)
    loads = [
        Load(name=f"rack {i}.{j}", feeds=(f"whip {i}.{j} A", f"whip {i}.{j} B"))
        for i in range(busways)
        for j in range(whips)
    ]
    return build(nodes, [replace(load, **of_load) for load in loads])


@pytest.fixture(scope="session", name="chain")
def _chain():
    return chain


@pytest.fixture(scope="session", name="hall")
def _hall():
    return hall


@pytest.fixture(scope="session")
def model() -> PowerModel:
    """Two chains of 2 busways with 3 whips each: 22 nodes and 6 racks."""
    return hall()

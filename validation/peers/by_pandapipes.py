"""A network of `thermal.liquid` in the tables of pandapipes, and its flows there.

A link is a chain of pandapipes' parts: pump, pipes, then one valve that stands for everything else.
Losses that are not quadratic are given as the quadratic one that loses as much at the flow found
last, until the flow stands still. pandapipes knows no check valve: a stopped pump is taken out of
service with its valve, and water that comes back through a running one is told.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pandapipes
from pandapipes.pf.pipeflow_setup import PipeflowNotConverged

from thermal.liquid.laws import FITTING_RATIO, power_law
from thermal.liquid.network import HOUR, Network, State
from thermal.liquid.parts import KV_DENSITY, KV_PRESSURE, Coupling, Link, Node, PowerLaw

BORE = 0.1  # of the valves: only their velocity, and so their zeta, follows from it [m]
AREA = 0.25 * np.pi * BORE**2  # [m2]
BAR = 1e5  # [Pa]
TEMPERATURE = 313.15  # at which the liquid has its constant properties [K]
# Colebrook's relative roughness is over 3.7 here and over 3.71 in pandapipes.
ROUGHER = 3.71 / 3.7
STRICT = {
    "mode": "hydraulics",
    "friction_model": "colebrook",
    "max_iter_colebrook": 100,
    "tolerance_colebrook": 1e-12,
    "tol_p": 1e-9,
    "tol_m": 1e-9,
    "tol_res": 1e-9,
    "max_iter_hyd": 300,
}
DAMPING = (1.0, 0.5, 0.2)  # share of a Newton step that it takes
STILL = 1e-11  # relative change of a flow
FLOOR = 1e-3  # of the flow of the whole loop: a flow that is less is compared with this [-]
ROUNDS = 40


@dataclass(frozen=True)
class Answer:
    """What pandapipes finds with one damping: flows, or why there are none."""

    damping: float
    m_flow: np.ndarray | None  # of every link [kg/s]
    backward: tuple[int, ...] = ()  # links whose running pump water comes back through
    failure: str = ""


def differences(m_flow: np.ndarray, of_pandapipes: np.ndarray, total: float) -> np.ndarray:
    """By how much each flow differs, relative to itself or to FLOOR of that of the whole loop."""
    return np.abs(m_flow - of_pandapipes) / np.maximum(np.abs(of_pandapipes), FLOOR * total)


class Mirror:
    """A network in the tables of pandapipes, whose state may be changed and solved again."""

    def __init__(
        self, links: Sequence[Link], nodes: Sequence[Node], network: Network, state: State
    ) -> None:
        self.links, self.network = tuple(links), network
        self.density = float(state.density[0])
        self.net = pandapipes.create_empty_network(fluid=_liquid(state))
        self.junctions = {node.name: self._junction(node) for node in nodes}
        self.pumps: dict[int, int] = {}  # by link
        self.valves: dict[int, int] = {}
        self.pipes: dict[int, int] = {}  # the last pipe of links without a valve
        for n, link in enumerate(self.links):
            self._chain(n, link)
        self.set_state(state)

    def _junction(self, node: Node) -> int:
        made = pandapipes.create_junction(self.net, 1.0, TEMPERATURE, name=node.name)
        if node.pressure is not None:
            pandapipes.create_ext_grid(self.net, made, node.pressure / BAR + 1.0, TEMPERATURE)
        return made

    def _chain(self, n: int, link: Link) -> None:
        """The parts of one link one after the other."""
        lumped = bool(link.losses or link.couplings or link.valve or link.pump)
        count = bool(link.pump) + len(link.pipes) + lumped
        inner = [pandapipes.create_junction(self.net, 1.0, TEMPERATURE) for _ in range(count - 1)]
        at = [self.junctions[link.tail], *inner, self.junctions[link.head]]
        if link.pump:
            self.pumps[n] = pandapipes.create_pump_from_parameters(
                self.net, at.pop(0), at[0], f"pump {n}", poly_coefficents=[0.0, 0.0, 1.0]
            )
        for pipe in link.pipes:
            self.pipes[n] = pandapipes.create_pipe_from_parameters(
                self.net,
                at.pop(0),
                at[0],
                length_km=pipe.length / 1e3,
                inner_diameter_mm=pipe.diameter * 1e3,
                k_mm=pipe.roughness * ROUGHER * 1e3,
                loss_coefficient=pipe.zeta,
            )
        if lumped:
            self.valves[n] = pandapipes.create_valve(
                self.net, at.pop(0), at[0], "ju", inner_diameter_mm=BORE * 1e3
            )

    def set_state(self, state: State) -> None:
        """Take over pumps, valves and fouling; what is stopped or shut is out of service."""
        links = len(self.links)
        self.fouling, m_max = (np.asarray(a)[:links] for a in (state.fouling, state.m_max))
        assert np.all((m_max == 0.0) | np.isinf(m_max))
        assert all(self.fouling[n] == 1.0 for n, link in enumerate(self.links) if link.pipes)
        position = np.ones(self.network.tail.size)
        position[np.asarray(self.network.valves.link)] = np.asarray(state.position)
        self.position = np.where(m_max > 0.0, position[:links], 0.0)
        pumps = self.network.pumps
        speeds = np.asarray(state.running) * np.asarray(state.speed)[np.asarray(pumps.group)]
        terms = (np.asarray(column) for column in (pumps.shutoff, pumps.linear, pumps.quadratic))
        for n, speed, a, b, c in zip(np.asarray(pumps.link), speeds, *terms, strict=True):
            if n in self.pumps:
                curve = np.array([-c / HOUR**2, -b * speed / HOUR, a * speed**2])
                self.net.std_types["pump"][f"pump {n}"].reg_par = curve / BAR
                self.position[n] *= speed > 0.0
        self._open()

    def _open(self) -> None:
        """Take out of service what has its valve shut."""
        tables = (("pump", "in_service", self.pumps), ("valve", "opened", self.valves))
        for table, column, of in tables:
            self.net[table].loc[list(of.values()), column] = self.position[list(of)] > 0.0

    def take_out(self, numbers: Sequence[int]) -> None:
        """Shut units by hand, as their check valves would."""
        self.position[list(numbers)] = 0.0
        self._open()

    def solve(self) -> list[Answer]:
        """Answers with ever more damping, until one has no water that comes back."""
        answers = []
        for damping in DAMPING:
            answers.append(self._answer(damping))
            if answers[-1].m_flow is not None and not answers[-1].backward:
                break
        return answers

    def solve_once(self) -> None:
        """One call of pandapipes with full steps, its losses as they were left."""
        pandapipes.pipeflow(self.net, **STRICT)

    def _answer(self, damping: float) -> Answer:
        try:
            with warnings.catch_warnings(action="ignore"):  # it divides by zero on its way
                m_flow = self._settled(damping)
        except (PipeflowNotConverged, ArithmeticError) as stopped:
            return Answer(damping, None, failure=f"{type(stopped).__name__}: {stopped}")
        return Answer(damping, m_flow, tuple(n for n in self.pumps if m_flow[n] < 0.0))

    def _settled(self, damping: float) -> np.ndarray:
        """Flows with the losses that belong to them."""
        m_flow = np.array([_first_flow(link) * self.density for link in self.links])
        for _ in range(ROUNDS):
            before = m_flow
            zetas = [self._zeta(n, m_flow[n]) for n in self.valves]
            self.net.valve.loc[list(self.valves.values()), "loss_coefficient"] = zetas
            pandapipes.pipeflow(self.net, **STRICT, alpha=damping)
            m_flow = self.flows()
            if np.all(np.abs(m_flow - before) <= STILL * np.abs(m_flow).max()):
                return m_flow
        raise PipeflowNotConverged(f"the losses did not settle in {ROUNDS} rounds")

    def _zeta(self, n: int, m_flow: float) -> float:
        """Loss of everything but pipes and pump of a link, dp = zeta rho v |v| / 2 in BORE."""
        link, V_flow = self.links[n], max(abs(m_flow) / self.density, 1e-12)
        total = sum(_quadratic(part) for part in link.couplings)
        if link.valve and self.position[n] > 0.0:
            assert link.valve.characteristic == "linear"
            total += _quadratic(Coupling(link.valve.Kv * self.position[n]))
        still = FITTING_RATIO * float(self.network.m_scale[n]) / self.density
        total *= (1.0 + (still / V_flow) ** 2) ** 0.5
        total += sum(_lost(loss, V_flow) / (self.density * V_flow**2) for loss in link.losses)
        return 2.0 * AREA**2 * float(self.fouling[n]) * total

    def flows(self) -> np.ndarray:
        """Flow of every link [kg/s]; 0 where it is out of service."""
        found = np.zeros(len(self.links))
        for table, of in (("res_pipe", self.pipes), ("res_valve", self.valves)):
            column = self.net[table].mdot_from_kg_per_s.to_numpy()
            found[list(of)] = np.nan_to_num(column[list(of.values())])
        return found


def _liquid(state: State):
    return pandapipes.create_constant_fluid(
        "liquid",
        "liquid",
        density=float(state.density[0]),
        viscosity=float(state.viscosity[0]),
        heat_capacity=3900.0,  # asked for, not used
        compressibility=1.0,
        der_compressibility=0.0,
    )


def _quadratic(coupling: Coupling) -> float:
    """dp / (rho V^2) [1/m4]; IEC 60534-2-1."""
    return KV_PRESSURE / KV_DENSITY * (HOUR / coupling.Kv) ** 2


def _lost(loss: PowerLaw, V_flow: float) -> float:
    """Pressure that a measured resistance loses [Pa]: the law is given, the network is not."""
    ratio, exponent = jnp.asarray(V_flow / loss.V_flow_nominal), jnp.asarray(loss.exponent)
    return loss.dp_nominal * float(power_law(ratio, exponent))


def _first_flow(link: Link) -> float:
    return min((loss.V_flow_nominal for loss in link.losses), default=1.0)

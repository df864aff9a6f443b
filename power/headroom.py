"""How much more each node could carry before it, or a node upstream, passes its rating."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from power.components import tangent
from power.network import NONE, PowerModel
from power.nodes import Ups

HALVINGS = 24  # leaves 0.2 W of 3 MW
PASSES = 2  # up with the losses, down with the voltages


@dataclass(frozen=True)
class Headroom:
    """Extra real power [W] at each node's output; negative where it must shed load.

    `own` minds the node's own rating, `path` that of every node up to the utility as well;
    `binding` is the node whose rating ends it, -1 where none does. Infinite without a rating.
    """

    own: Float[np.ndarray, " node"]
    path: Float[np.ndarray, " node"]
    binding: Int[np.ndarray, " node"]


def headroom(
    model: PowerModel,
    live: Bool[np.ndarray, " node"],
    fed_from: Int[np.ndarray, " node"],
    output: Complex[np.ndarray, " node"],
    voltage: Float[np.ndarray, " node"],
) -> Headroom:
    """Extra power by bisection: use grows with the extra, whatever the path.

    The extra has the lowest power factor of the loads that the node can feed. Upstream it grows by
    the losses that it adds in lines, transformers and UPS, and its voltage drop raises the current.
    What is shed cannot exceed what the node carries.
    """
    paths = _Paths.along(model, fed_from, output, voltage)
    lowest = np.broadcast_to(-output.real, (2, len(live)))
    limit = np.minimum(model.apparent_limit, model.real_limit)
    # A node has no room for more than the limit of any node above it.
    highest = np.stack([limit, np.append(limit, np.inf)[paths.at].min(axis=0)])
    lower, upper = lowest, np.maximum(np.where(np.isinf(highest), 0.0, highest), lowest)
    for _ in range(HALVINGS):
        middle = 0.5 * (lower + upper)
        use = paths.use(middle)
        fits = np.stack([use[0, 0], use[:, 1].max(axis=0)]) <= 1.0
        lower, upper = np.where(fits, middle, lower), np.where(fits, upper, middle)
    extra = np.where(live, np.where(np.isinf(highest), np.inf, lower), 0.0)
    worst = paths.at[paths.use(upper)[:, 1].argmax(axis=0), np.arange(len(live))]
    return Headroom(extra[0], extra[1], np.where(live & np.isfinite(extra[1]), worst, NONE))


def unknown_headroom(nodes: int) -> Headroom:
    """Headroom of a state that has no solution: NaN everywhere."""
    return Headroom(np.full(nodes, np.nan), np.full(nodes, np.nan), np.full(nodes, NONE))


@dataclass(frozen=True)
class _Paths:
    """The way from each node up to its utility; arrays [step up, 1, node] unless named otherwise.

    Above the utility a path stands on a node without limits, impedance and load.
    """

    at: Int[np.ndarray, "step node"]
    output: Complex[np.ndarray, "step 1 node"]  # [VA]
    voltage: Float[np.ndarray, "step 1 node"]  # [V]
    nominal: Float[np.ndarray, "step 1 node"]  # [V]
    impedance: Complex[np.ndarray, "step 1 node"]  # [ohm]
    apparent_limit: Float[np.ndarray, "step 1 node"]  # [VA]
    real_limit: Float[np.ndarray, "step 1 node"]  # [W]
    is_ups: Bool[np.ndarray, "step 1 node"]
    ups_slope: Float[np.ndarray, "step 1 node"]  # loss per output power [-]
    ups_curve: Float[np.ndarray, "step 1 node"]  # loss per output power squared [1/W]
    ups_tangent: Float[np.ndarray, "step 1 node"]  # Q / P of the input
    tangent: Float[np.ndarray, " node"]  # Q / P of the extra at the start

    @classmethod
    def along(
        cls,
        model: PowerModel,
        fed_from: Int[np.ndarray, " node"],
        output: Complex[np.ndarray, " node"],
        voltage: Float[np.ndarray, " node"],
    ) -> "_Paths":
        """Gather the properties of the nodes above each node."""
        at = [np.arange(len(fed_from))]
        above = np.append(fed_from, NONE)
        while (above[at[-1]] != NONE).any():
            at.append(above[at[-1]])
        steps = np.stack(at)

        def gather(values: np.ndarray, fill: float) -> np.ndarray:
            return np.append(values, fill)[steps][:, None]

        slope, curve, ups_tangent = _ups_numbers(model)
        return cls(
            at=steps,
            output=gather(output, 0.0),
            voltage=gather(np.where(voltage > 0, voltage, model.voltage), 1.0),
            nominal=gather(model.voltage, 1.0),
            impedance=gather(model.impedance, 0.0),
            apparent_limit=gather(model.apparent_limit, np.inf),
            real_limit=gather(model.real_limit, np.inf),
            is_ups=gather(model.is_ups, 0.0).astype(bool),
            ups_slope=gather(slope, 0.0),
            ups_curve=gather(curve, 0.0),
            ups_tangent=gather(ups_tangent, 0.0),
            tangent=model.worst_tangent,
        )

    def use(self, extra: Float[np.ndarray, "case node"]) -> Float[np.ndarray, "step case node"]:
        """Share of its limit that each node on each path uses with `extra` [W] at the start."""
        voltage = np.broadcast_to(self.voltage, (len(self.at), *extra.shape))
        for _ in range(PASSES):
            after = self._upward(extra, voltage)
            voltage = self._downward(after, voltage)
        apparent = np.abs(after) * self.nominal / voltage
        return np.maximum(apparent / self.apparent_limit, after.real / self.real_limit)

    def _upward(
        self, extra: Float[np.ndarray, "case node"], voltage: Float[np.ndarray, "step case node"]
    ) -> Complex[np.ndarray, "step case node"]:
        """Output of each node on the path with the extra and the losses it adds on its way [VA]."""
        step = extra * (1 + 1j * self.tangent)
        after = np.empty(voltage.shape, dtype=complex)
        for k, before in enumerate(self.output):
            after[k] = before + step
            if self.is_ups[k].any():
                step = np.where(self.is_ups[k], self._through_ups(k, step, after[k]), step)
            now = np.abs(before) / self.voltage[k]
            squares = (np.abs(after[k]) / voltage[k]) ** 2 - now**2
            step = step + self.impedance[k] * squares
        return after

    def _through_ups(self, k: int, step: np.ndarray, after: np.ndarray) -> np.ndarray:
        """What an extra `step` at the output of a UPS adds at its input [VA]."""
        squares = after.real**2 - self.output[k].real ** 2
        power = step.real * (1 + self.ups_slope[k]) + self.ups_curve[k] * squares
        return power * (1 + 1j * self.ups_tangent[k])

    def _downward(
        self,
        after: Complex[np.ndarray, "step case node"],
        voltage: Float[np.ndarray, "step case node"],
    ) -> Float[np.ndarray, "step case node"]:
        """Voltage once the extra flows [V]: what falls at each impedance, summed from the top."""
        now = _fall(self.impedance, self.output, self.voltage)
        fall = (_fall(self.impedance, after, voltage) - now) / self.nominal
        sag = np.empty_like(fall)
        total = np.zeros(fall.shape[1:])
        for k in reversed(range(len(fall))):
            total = np.where(self.is_ups[k], 0.0, total + fall[k])
            sag[k] = total
        lowest = 0.1 * self.nominal  # far below any limit: keeps the division finite
        return np.maximum(self.voltage - sag * self.nominal, lowest)


def _fall(
    impedance: Complex[np.ndarray, "step 1 node"],
    output: Complex[np.ndarray, "step case node"],
    voltage: Float[np.ndarray, "step case node"],
) -> Float[np.ndarray, "step case node"]:
    """Fall of the voltage's magnitude over an impedance [V], from what leaves it.

    a + b^2 / 2V with a = (R P + X Q) / V along and b = (X P - R Q) / V across the voltage.
    """
    fall = impedance * output.conj() / voltage
    return fall.real + fall.imag**2 / (2 * voltage)


def _ups_numbers(model: PowerModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a1, a2 / P_r and Q / P of the input; 0 for what is not a UPS."""
    numbers = np.zeros((3, len(model.nodes)))
    for place, node in enumerate(model.nodes):
        if isinstance(node, Ups):
            _, a1, a2 = node.loss_coefficients
            numbers[:, place] = a1, a2 / node.rated_power, tangent(node.input_power_factor)
    return numbers[0], numbers[1], numbers[2]

"""How much more each node could carry before it, or a node upstream, passes its limit."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from power.capacity import Capacity, capacity
from power.components import tangent
from power.network import NONE, PowerModel
from power.nodes import Rectifier, Ups
from power.solve import PowerState

STEPS, CLOSE = 40, 1e-8
"""Most steps of the search, and the use of a limit [-] within which it ends."""
PASSES = 2  # up with the losses, down with the voltages


@dataclass(frozen=True)
class Headroom:
    """Extra real power [W] at each node's output; negative where it must shed load.

    `own` minds the node's own limit, `path` that of every node up to the source as well; `binding`
    is the node whose limit ends it, -1 where none does. Infinite without a limit, 0 where dead.
    """

    own: Float[np.ndarray, "*state node"]
    path: Float[np.ndarray, "*state node"]
    binding: Int[np.ndarray, "*state node"]


def headroom(
    model: PowerModel,
    state: PowerState,
    limits: Capacity | None = None,
    places: Int[np.ndarray, " node"] | None = None,
) -> Headroom:
    """Extra power at the nodes `places` (all) of one state or of several.

    The extra is balanced and has the lowest power factor of the loads that the node can feed.
    Upstream it grows by the losses that it adds in lines, transformers and converters, and its
    voltage drop raises the current. What is shed cannot exceed what the node carries. Use grows
    with the extra, whatever the path: one root, found by false position.
    """
    limits = capacity(model, state) if limits is None else limits
    every = np.arange(len(model.nodes)) if places is None else places
    shape = (*state.live.shape[:-1], len(every))
    states = np.prod(shape[:-1], dtype=int)
    rows, columns = np.repeat(np.arange(states), len(every)), np.tile(every, states)
    paths = _Paths.along(model, state, limits, rows, columns)
    lowest = np.minimum(-paths.output[0].real, 0.0)
    limit = np.minimum(paths.apparent_limit, paths.real_limit)[:, 0]
    # A node has no room for more than the limit of any node above it.
    highest = np.stack([limit[0], limit.min(axis=0)])
    open_ended = np.isinf(highest)
    low = np.broadcast_to(lowest, highest.shape)
    high = np.maximum(np.where(open_ended, 0.0, highest), low)
    extra = _root(lambda x: paths.most(x) - 1.0, low, high)
    known = np.broadcast_to(np.isfinite(paths.voltage).all(axis=(0, 1)), extra.shape)
    extra = np.where(open_ended, np.inf, np.where(known, extra, np.nan))
    live = np.atleast_2d(state.live)[rows, columns]
    extra = np.where(live, extra, 0.0)
    use = np.where(
        np.isnan(extra[1]), 0.0, paths.use(np.where(np.isfinite(extra), extra, 0.0))[:, 1]
    )
    worst = paths.at[use.argmax(axis=0), np.arange(len(columns))]
    binding = np.where(live & np.isfinite(extra[1]), worst, NONE)
    return Headroom(extra[0].reshape(shape), extra[1].reshape(shape), binding.reshape(shape))


def _root(excess, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where a rising function is 0, between `low` and `high`; the nearer end where it is not.

    False position, the value of an end that stays being halved (Illinois): Dowell and Jarratt
    (1971), A modified regula falsi method, BIT 11(2).
    """
    a, b = low.copy(), high.copy()
    at_a, at_b = excess(a), excess(b)
    none, whole = at_a >= 0.0, at_b <= 0.0
    for _ in range(STEPS):
        done = none | whole | ~(np.abs(at_b) > CLOSE)  # at dead nodes there is nothing to find
        if done.all():
            break
        with np.errstate(all="ignore"):
            x = b - at_b * (b - a) / (at_b - at_a)
        x = np.where((x > np.minimum(a, b)) & (x < np.maximum(a, b)), x, 0.5 * (a + b))
        at_x = excess(x)
        crossed = at_x * at_b < 0.0
        a = np.where(done, a, np.where(crossed, b, a))
        at_a = np.where(done, at_a, np.where(crossed, at_b, 0.5 * at_a))
        b, at_b = np.where(done, b, x), np.where(done, at_b, at_x)
    return np.where(none, low, np.where(whole, high, b))


@dataclass(frozen=True)
class _Paths:
    """The way from each node up to its source; arrays [step up, 1, column] unless named otherwise.

    A column is a node in a state. Above the source a path stands on a node without limits,
    impedance and load.
    """

    at: Int[np.ndarray, "step column"]
    output: Complex[np.ndarray, "step 1 column"]  # [VA]
    voltage: Float[np.ndarray, "step 1 column"]  # [V]
    nominal: Float[np.ndarray, "step 1 column"]  # [V]
    impedance: Complex[np.ndarray, "step 1 column"]  # [ohm]
    apparent_limit: Float[np.ndarray, "step 1 column"]  # [VA]
    real_limit: Float[np.ndarray, "step 1 column"]  # [W]
    beside: Float[np.ndarray, "step 1 column"]  # real power less that of the heaviest phase [W]
    converts: Bool[np.ndarray, "step 1 column"]
    eco: Float[np.ndarray, "step 1 column"]  # loss of a UPS in eco mode per power through it [-]
    slope: Float[np.ndarray, "step 1 column"]  # loss per output power [-]
    curve: Float[np.ndarray, "step 1 column"]  # loss per output power squared [1/W]
    input_tangent: Float[np.ndarray, "step 1 column"]  # Q / P of a converter's input
    tangent: Float[np.ndarray, " column"]  # Q / P of the extra at the start

    @cached_property
    def fall(self) -> Float[np.ndarray, "step 1 column"]:
        """What falls at each impedance now [V]."""
        return _fall(self.impedance, self.output, self.voltage)

    @classmethod
    def along(
        cls,
        model: PowerModel,
        state: PowerState,
        limits: Capacity,
        rows: Int[np.ndarray, " column"],
        columns: Int[np.ndarray, " column"],
    ) -> "_Paths":
        """Gather the properties of the nodes above each node."""

        def padded(values: np.ndarray, fill: float | int) -> np.ndarray:
            values = np.broadcast_to(values, np.atleast_2d(state.live).shape)
            return np.pad(values, ((0, 0), (0, 1)), constant_values=fill)

        above = padded(state.fed_from, NONE)
        at = [columns]
        while (above[rows, at[-1]] != NONE).any():
            at.append(above[rows, at[-1]])
        steps = np.stack(at)

        def gather(values: np.ndarray, fill: float | int) -> np.ndarray:
            return padded(values, fill)[rows, steps][:, None]

        slope, curve, input_tangent = _converter_numbers(model)
        converts = np.atleast_2d(model.is_converter & ~state.through)
        eco = np.array([n.eco_loss if isinstance(n, Ups) and n.eco else 0.0 for n in model.nodes])
        units = np.maximum(state.units, 1e-9)
        return cls(
            at=steps,
            output=gather(state.output, 0.0),
            voltage=gather(np.where(state.live, state.voltage, model.voltage), 1.0),
            nominal=gather(model.voltage, 1.0),
            impedance=gather(model.impedance, 0.0),
            apparent_limit=gather(limits.apparent, np.inf),
            real_limit=gather(limits.real, np.inf),
            beside=gather(state.power - np.real(state.output), 0.0),
            converts=gather(converts, False),
            eco=gather(np.where(state.through, eco, 0.0), 0.0),
            slope=gather(slope, 0.0),
            curve=gather(curve / units, 0.0),
            input_tangent=gather(input_tangent, 0.0),
            tangent=model.worst_tangent[columns],
        )

    def most(self, extra: Float[np.ndarray, "case column"]) -> Float[np.ndarray, "case column"]:
        """Largest use of a limit: of the node itself, and of all on the path."""
        use = self.use(extra)
        return np.stack([use[0, 0], use[:, 1].max(axis=0)])

    def use(self, extra: Float[np.ndarray, "case column"]) -> Float[np.ndarray, "step case column"]:
        """Share of its limit that each node on each path uses with `extra` [W] at the start."""
        voltage = np.broadcast_to(self.voltage, (len(self.at), *extra.shape))
        for _ in range(PASSES):
            after = self._upward(extra, voltage)
            voltage = self._downward(after, voltage)
        apparent = np.abs(after) * self.nominal / voltage
        with np.errstate(divide="ignore", invalid="ignore"):
            real = (after.real + self.beside) / self.real_limit
            return np.maximum(apparent / self.apparent_limit, real)

    def _upward(
        self,
        extra: Float[np.ndarray, "case column"],
        voltage: Float[np.ndarray, "step case column"],
    ) -> Complex[np.ndarray, "step case column"]:
        """Output of each node on the path with the extra and the losses it adds on its way [VA]."""
        step = extra * (1 + 1j * self.tangent)
        after = np.empty(voltage.shape, dtype=complex)
        for k, before in enumerate(self.output):
            after[k] = before + step
            if self.converts[k].any():
                step = np.where(self.converts[k], self._through(k, step, after[k]), step)
            step = step + self.eco[k] * step.real
            now = np.abs(before) / self.voltage[k]
            squares = (np.abs(after[k]) / voltage[k]) ** 2 - now**2
            step = step + self.impedance[k] * squares
        return after

    def _through(self, k: int, step: np.ndarray, after: np.ndarray) -> np.ndarray:
        """What an extra `step` at the output of a converter adds at its input [VA]."""
        squares = after.real**2 - self.output[k].real ** 2
        power = step.real * (1 + self.slope[k]) + self.curve[k] * squares
        return power * (1 + 1j * self.input_tangent[k])

    def _downward(
        self,
        after: Complex[np.ndarray, "step case column"],
        voltage: Float[np.ndarray, "step case column"],
    ) -> Float[np.ndarray, "step case column"]:
        """Voltage once the extra flows [V]: what falls at each impedance, summed from the top."""
        fall = (_fall(self.impedance, after, voltage) - self.fall) / self.nominal
        sag = np.empty_like(fall)
        total = np.zeros(fall.shape[1:])
        for k in reversed(range(len(fall))):
            total = np.where(self.converts[k], 0.0, total + fall[k])
            sag[k] = total
        lowest = 0.1 * self.nominal  # far below any limit: keeps the division finite
        return np.maximum(self.voltage - sag * self.nominal, lowest)


def _fall(
    impedance: Complex[np.ndarray, "step 1 column"],
    output: Complex[np.ndarray, "step case column"],
    voltage: Float[np.ndarray, "step case column"],
) -> Float[np.ndarray, "step case column"]:
    """Fall of the voltage's magnitude over an impedance [V], from what leaves it.

    a + b^2 / 2V with a = (R P + X Q) / V along and b = (X P - R Q) / V across the voltage.
    """
    along = (impedance.real * output.real + impedance.imag * output.imag) / voltage
    across = (impedance.imag * output.real - impedance.real * output.imag) / voltage
    return along + across**2 / (2 * voltage)


def _converter_numbers(model: PowerModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a1, a2 / P_r and Q / P of the input; 0 for what does not convert."""
    numbers = np.zeros((3, len(model.nodes)))
    for place, node in enumerate(model.nodes):
        if isinstance(node, Ups | Rectifier):
            _, a1, a2 = node.loss_coefficients
            numbers[:, place] = a1, a2 / node.rated_power, tangent(node.input_power_factor)
    return numbers[0], numbers[1], numbers[2]

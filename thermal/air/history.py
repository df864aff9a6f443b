"""Records of the iterations, and whether the flow has settled by them."""

from dataclasses import dataclass, field

import numpy as np

from thermal.air.iterate import Monitor

WINDOW = 50
"""Iterations over which an inlet must hold still."""
SPEED_DRIFT = 0.01
"""Largest change of the mean speed of settled air over the window [-]."""
STILL_AIR = 0.01
"""Mean speed below which its change is judged against this [m/s]."""
SLOWEST = 0.95
"""Slowest decay from one part of the window to the next that a drift is extrapolated with [-]."""


@dataclass
class History:
    """Per-iteration records on the host."""

    inlet: list[np.ndarray] = field(default_factory=list)
    inlet_max: list[np.ndarray] = field(default_factory=list)
    outlet: list[np.ndarray] = field(default_factory=list)
    hall: list[np.ndarray] = field(default_factory=list)
    T_in: list[np.ndarray] = field(default_factory=list)
    T_out: list[np.ndarray] = field(default_factory=list)
    m_flow: list[np.ndarray] = field(default_factory=list)
    heat: list[np.ndarray] = field(default_factory=list)
    mass: list[np.ndarray] = field(default_factory=list)
    change: list[np.ndarray] = field(default_factory=list)

    def extend(self, monitor: Monitor, share: np.ndarray) -> None:
        """Add a chunk; `share` [devices, streams] averages streams to devices."""
        T_in = np.asarray(monitor.T_in, float)
        self.T_in.append(T_in)
        self.inlet.append(T_in @ share.T)
        highest = np.asarray(monitor.T_in_max, float)
        highest = np.where(np.isneginf(highest), 0.0, highest)  # without an intake
        shown = np.where(share > 0, highest[:, None, :], -np.inf)
        self.inlet_max.append(shown.max(2, initial=-1e9))
        means = (np.asarray(monitor.T_mean, float), np.asarray(monitor.V_mean, float))
        self.hall.append(np.stack(means, axis=1))
        self.T_out.append(np.asarray(monitor.T_out, float))
        self.outlet.append(self.T_out[-1] @ share.T)
        self.m_flow.append(np.asarray(monitor.m_flow, float))
        parts = (
            np.asarray(monitor.heat.streams, float),
            *(
                np.asarray(part, float)[:, None]
                for part in (monitor.heat.openings, monitor.heat.walls, monitor.heat.blocks)
            ),
        )
        self.heat.append(np.concatenate(parts, axis=1))
        moved = np.maximum(np.asarray(monitor.moved, float), 1e-9)
        self.mass.append(np.asarray(monitor.net_mass, float) / moved)
        self.change.append(np.asarray(monitor.change, float))

    def last(self, name: str, iterations: int) -> np.ndarray:
        """The last iterations of one record, stacked."""
        return np.concatenate(getattr(self, name))[-iterations:]

    def swing(self, done: int) -> float:
        """Largest range of a device's inlet over the window [K]."""
        if done < WINDOW:
            return float("inf")
        return float(np.ptp(self.last("inlet", WINDOW), axis=0).max(initial=0.0))

    def still_to_move(self) -> float:
        """How far the slowest inlet, or the mean of the hall, still has to go [K].

        The last two steps of the mean over a third of one and a half windows, extrapolated as a
        geometric series.
        """
        span = 3 * WINDOW // 2
        watched = np.column_stack([self.last("inlet", span), self.last("hall", span)[:, :1]])
        if len(watched) < span:
            return float("inf")
        parts = np.stack([part.mean(0) for part in np.split(watched, 3)])
        before, last = np.abs(np.diff(parts, axis=0))
        decay = np.clip(last / np.maximum(before, 1e-12), 0.0, SLOWEST)
        return float((last * decay / (1 - decay)).max())

    def hall_holds(self) -> bool:
        """Whether the mean speed of the air has stopped to change."""
        speed = self.last("hall", WINDOW)[:, 1]
        return bool(np.ptp(speed) < SPEED_DRIFT * max(float(speed.mean()), STILL_AIR))

    def calming(self, done: int) -> bool:
        """Whether the swing of the inlets or the change of the velocities still shrinks.

        Both now against three windows ago; air of one temperature has no swing that tells.
        """
        inlets, change = self.last("inlet", done), self.last("change", done)
        now, before = slice(-WINDOW, None), slice(-4 * WINDOW, -3 * WINDOW)
        swings = [np.ptp(inlets[part], axis=0).max(initial=0.0) for part in (now, before)]
        changes = [float(change[part].mean()) for part in (now, before)]
        return bool(swings[0] < 0.5 * swings[1] or changes[0] < 0.5 * changes[1])

    def mean_move(self, span: int) -> float:
        """How far the mean inlets moved between the first part of the average and all of it [K]."""
        inlets = np.column_stack([self.last("inlet", span), self.last("hall", span)[:, :1]])
        moved = np.abs(inlets.mean(0) - inlets[: 2 * span // 3].mean(0))
        return float(moved.max())

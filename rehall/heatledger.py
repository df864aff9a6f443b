"""The balances of a transient: heat given to the air against what it stores, and mass.

Sums are taken over whole chunks of steps, in double precision.
"""

from dataclasses import dataclass, field

import jax
import numpy as np

from rehall.models import AirLevel
from thermal.air.gas import density
from thermal.air.inputs import AirInputs
from thermal.air.march import Instant, Taken
from thermal.air.state import Work

OPEN = 0.01
"""Share of the heat turned over, or of the air moved, that may be missing [-]."""
LEAST_MOVED = 1e-3
"""Air moved that a missing mass is judged against at least [kg]."""


@dataclass(frozen=True)
class Content:
    """Heat in the air above T_ref [J]; of closed bodies of air their mass [kg] and mean T [K]."""

    heat: float
    mass: np.ndarray
    T_mean: np.ndarray


@dataclass
class Ledger:
    """Sums since the start, heat in J and mass in kg.

    `given` to the air by equipment, openings and walls; `stored` in the air; `turned` is the heat
    that all this is judged against. `servers_given` to servers with a thermal mass, what they
    `servers_passed` to the air, and `servers_stored`; `walls_stored` in the layers of walls.
    `mass_missing` is what enters and neither leaves nor stays, without its sign, `mass_expelled`
    what sealed air gives up as it warms, and `mass_moved` what enters the air.
    """

    given: float = 0.0
    stored: float = 0.0
    turned: float = 0.0
    servers_given: float = 0.0
    servers_passed: float = 0.0
    servers_stored: float = 0.0
    walls_stored: float = 0.0
    mass_missing: float = 0.0
    mass_expelled: float = 0.0
    mass_moved: float = 0.0
    last: dict[str, float] = field(default_factory=dict)

    @property
    def air_error(self) -> float:
        """Heat given to the air and not found in it, over the heat turned over [-]."""
        return (self.given - self.stored) / max(self.turned, 1.0)

    @property
    def servers_error(self) -> float:
        """The same of the servers' thermal mass [-]."""
        missing = self.servers_given - self.servers_passed - self.servers_stored
        return missing / max(self.turned, 1.0)

    @property
    def mass_error(self) -> float:
        """Air that is missing over the air moved [-]."""
        return self.mass_missing / max(self.mass_moved, LEAST_MOVED)


def content(work: Work, level: AirLevel) -> Content:
    """Heat in the air of a state."""
    model = level.model
    T = np.asarray(work.T, float)
    rho = np.asarray(density(work.T, model.gas), float)
    fluid = np.asarray(model.fluid, float)
    mass = rho * np.asarray(model.volume, float) * fluid
    bodies = [np.asarray(body, float) for body in model.sealed]
    return Content(
        heat=float(model.cp) * float(np.sum(mass * T)),
        mass=np.array([np.sum(mass * body) for body in bodies]),
        T_mean=np.array([np.sum(T * body) / np.sum(body) for body in bodies]),
    )


def enter(
    ledger: Ledger,
    level: AirLevel,
    first: AirInputs,
    last: AirInputs,
    span: float,
    before: Instant,
    after: Instant,
    taken: Taken,
) -> None:
    """Add a chunk of steps of a stretch of `span` [s] in which the inputs go first to last.

    `taken` holds the accepted steps only, with times since the stretch began.
    """
    then, now = content(before.now, level), content(after.now, level)
    # The air that a closed room of constant pressure loses as it warms leaves evenly (pressure.py).
    lost = float(level.model.cp) * np.sum(0.5 * (then.T_mean + now.T_mean) * (now.mass - then.mass))
    ledger.stored += now.heat - then.heat - float(lost)
    times, steps = np.asarray(taken.time, float), np.asarray(taken.step, float)
    ledger.mass_missing += float(np.sum(np.abs(np.asarray(taken.monitor.net_mass, float)) * steps))
    ledger.mass_expelled += float(np.sum(np.asarray(taken.monitor.expelled, float) * steps))
    ledger.mass_moved += float(np.sum(np.asarray(taken.monitor.moved, float) * steps))
    heat = taken.monitor.heat
    streams = np.asarray(heat.streams, float)
    others = [np.asarray(x, float) for x in (heat.openings, heat.walls, heat.blocks)]
    through = (np.asarray(level.model.has_intake) * np.asarray(level.model.has_discharge)) > 0
    rates = {
        "given": streams.sum(1) + sum(others),
        "turned": np.maximum(streams[:, through], 0.0).sum(1)
        + np.maximum(others[1], 0.0)
        + np.maximum(others[2], 0.0),
    }
    if first.bodies is not None:
        serving = np.asarray(first.bodies.capacity) > 0
        part = (times / span)[:, None]
        start, end = np.asarray(first.heat, float), np.asarray(last.heat, float)
        rates["servers_given"] = (start + part * (end - start))[:, serving].sum(1)
        rates["servers_passed"] = streams[:, serving].sum(1)
        capacity = np.asarray(first.bodies.capacity, float)
        rise = np.asarray(after.now.T_body[0] - before.now.T_body[0], float)
        ledger.servers_stored += float(np.sum(capacity * rise))
    if first.layers is not None:
        shell = level.model.shell
        held = np.asarray(first.layers.capacity, float)[np.asarray(shell.side)]
        rise = np.asarray(after.now.T_layer - before.now.T_layer, float)
        ledger.walls_stored += float(np.sum(np.asarray(shell.area)[:, None] * held * rise))
    for name, rate in rates.items():
        earlier = np.concatenate([[ledger.last.get(name, rate[0])], rate[:-1]])
        whole = float(np.sum(0.5 * (earlier + rate) * steps))
        setattr(ledger, name, getattr(ledger, name) + whole)
        ledger.last[name] = float(rate[-1])


def accepted(taken: Taken) -> Taken:
    """The accepted steps of a chunk, on the host."""
    host: Taken = jax.device_get(taken)
    kept = np.asarray(host.accepted)
    return jax.tree.map(lambda x: np.asarray(x)[kept], host)

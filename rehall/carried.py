"""What settled air carries without feeling it: moisture, age, and air that comes from racks.

All are solved at once on the flow that has been found (thermal/air/scalars.py). Where nothing tells
a quantity, as the moisture of air that no outdoor air reaches, it is NaN: not known.
"""

from dataclasses import dataclass, field, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from rehall.bodies import body_at, entering, passing, reached
from rehall.config import Case
from rehall.layout import Item
from rehall.models import AirLevel
from rehall.moisture import entering_ratio
from rehall.schema.entries import SERVERS, CoolingUnit
from thermal.air import scalars
from thermal.air.gas import density
from thermal.air.inputs import AirInputs
from thermal.air.scalars import Carriage, Release
from thermal.air.settling import AirSolution
from thermal.air.state import Work, to_work
from thermal.arrays import on_device

Cells = Float[np.ndarray, "nx ny nz"]
Streams = Float[np.ndarray, " streams"]

QUANTITIES = ("humidity_ratio", "age", "recirculated")
TOLERANCE = 3e-4
"""Largest change of a quantity in its last solution, over its largest value [-]: in the AI hall
ages at the intakes are within 0.02 % and recirculated shares within 0.0002 of those with 1e-7."""
MOST_SOLUTIONS = 600


@dataclass(frozen=True, eq=False)
class Carried:
    """Each quantity in cells and at the intakes of devices by name, NaN where not known.

    `humidity_ratio` [-]; `age` [s], the mean time since the air came in or left a running cooling
    unit; `recirculated` [-], the share of it that has been through a server since then.
    `m_supplied` [kg/s] comes in or leaves cooling units; `warnings` tell what was not solved.
    """

    cells: dict[str, Cells]
    intake: dict[str, dict[str, float]]
    m_supplied: float = 0.0
    solutions: int = 0
    warnings: tuple[str, ...] = ()

    def taken_in(self, quantity: str, name: str) -> float | None:
        """A quantity in the air that a device takes in; None where not known."""
        value = self.intake[quantity].get(name, np.nan)
        return float(value) if np.isfinite(value) else None


@dataclass(frozen=True, eq=False)
class Entered:
    """Humidity ratios [-] that are known without solving.

    `bounds` are the lowest and the highest of what enters the air that each device takes in:
    nothing else makes or takes moisture, so that its own lies between them; a device that no air
    from outside reaches has none. `moistest` is the highest of all, which no air of the hall
    exceeds; None where nothing enters.
    """

    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    moistest: float | None = None


@dataclass(frozen=True, eq=False)
class _Paths:
    """Who moves air: streams that pass it on, those of cooling units and servers at work.

    The latter two are 1 or 0 [streams]; `aired`, `supplied` and `used` are the bodies of air
    that outdoor air, cooled air and any of both or servers' air reaches.
    """

    through: Streams
    cooling: Streams
    serving: Streams
    aired: set[int]
    supplied: set[int]
    used: set[int]


def carried(case: Case, level: AirLevel, air: AirSolution, inputs: AirInputs) -> Carried:
    """Solve what the settled air carries."""
    if not np.isfinite(air.T_in).all():  # it diverged
        return _unknown(case, level, ())
    model = level.model
    paths = _paths(case, level, air)
    flow = scalars.carriage(_settled(level, air), model, inputs)
    release = _release(case, level, paths, flow)
    found = scalars.spread(release, flow, model, TOLERANCE, MOST_SOLUTIONS)
    if not bool(found.converged):
        text = f"moisture and age of the air did not converge in {int(found.solutions)} solutions"
        return _unknown(case, level, (f"{text}: they are left out",))
    filled, taken = np.asarray(found.cells, float), np.asarray(found.intake, float)
    bodies = dict(zip(QUANTITIES, (paths.aired, paths.supplied, paths.used), strict=True))
    unknown = _unknown(case, level, ())
    cells, intake = unknown.cells, unknown.intake
    for n, quantity in enumerate(_solved(case)):
        known = bodies[quantity]
        values = filled[n, :-1, :-1, :-1]
        cells[quantity] = np.where(np.isin(level.voxels.region, list(known)), values, np.nan)
        intake[quantity] = _at_intakes(case, level, air, taken[n], known)
    m_units = float(np.abs(air.m_flow * paths.cooling).sum())
    m_supplied = m_units + sum(entering(case, level, air).values())
    return Carried(cells, intake, m_supplied, int(found.solutions))


def _solved(case: Case) -> tuple[str, ...]:
    """The quantities that are solved: moisture only where the shell is open."""
    return QUANTITIES if case.openings else QUANTITIES[1:]


def _unknown(case: Case, level: AirLevel, warnings: tuple[str, ...]) -> Carried:
    nowhere = np.full(level.grid.shape, np.nan)
    return Carried(
        dict.fromkeys(QUANTITIES, nowhere), {name: {} for name in QUANTITIES}, warnings=warnings
    )


def _settled(level: AirLevel, air: AirSolution) -> Work:
    """The solver's form of the settled air, of an averaged flow the mean, with its fans' flows."""
    model = level.model
    work = to_work(jax.tree.map(jnp.asarray, air.state), model)
    rho = density(on_device(air.T_in - float(model.T_ref), model.fluid.dtype), model.gas)
    return replace(work, V_flow=jnp.asarray(air.m_flow, rho.dtype) / rho)


def _paths(case: Case, level: AirLevel, air: AirSolution) -> _Paths:
    names = np.array(level.streams.name)
    model = level.model
    cooling = [item.name for item in case.items if _cools(item)]
    serving = [item.name for item in case.items if _serves(item)]
    passed = passing(case, level, air)
    blown = [to for name, (_, to, m) in passed.items() if name in cooling and m > 0]
    warmed = [to for name, (_, to, m) in passed.items() if name in serving and m > 0]
    flows = entering(case, level, air)
    openings = level.voxels.openings
    fresh = [body_at(level, openings[name]) for name, m in flows.items() if m > 0]
    moves = list(passed.values())
    return _Paths(
        through=np.asarray(model.has_intake * model.has_discharge, float),
        cooling=np.isin(names, cooling).astype(float),
        serving=np.isin(names, serving).astype(float),
        aired=reached(fresh, moves),
        supplied=reached([*fresh, *blown], moves),
        used=reached([*fresh, *blown, *warmed], moves),
    )


def _cools(item: Item) -> bool:
    return isinstance(item.entry, CoolingUnit) and item.on


def _serves(item: Item) -> bool:
    return isinstance(item.entry, SERVERS) and item.power > 0


def entered(case: Case, level: AirLevel, air: AirSolution) -> Entered:
    """What bounds the moisture of settled air; nothing of air that diverged."""
    if not np.isfinite(air.T_in).all():
        return Entered()
    passed, openings = passing(case, level, air), level.voxels.openings
    flows, ratios = entering(case, level, air), dict[int, list[float]]()
    for opening in case.openings:
        if flows[opening.name] > 0:
            for body in reached([body_at(level, openings[opening.name])], passed.values()):
                ratios.setdefault(body, []).append(entering_ratio(case, opening))
    bounds = {body: (min(each), max(each)) for body, each in ratios.items()}
    reaching = {name: bounds[of] for name, (of, _, _) in passed.items() if of in bounds}
    return Entered(reaching, max((high for _, high in bounds.values()), default=None))


def _release(case: Case, level: AirLevel, paths: _Paths, flow: Carriage) -> Release:
    """Where the quantities come from, stacked in their order."""
    streams = level.streams
    ratio, outdoor = np.zeros(len(streams.name)), []
    for opening in case.openings:
        moist = entering_ratio(case, opening)
        ratio[streams.of(opening.name)] = moist
        if opening.kind == "outdoor":
            outdoor.append(moist)
    none, still = np.zeros(len(outdoor)), np.zeros_like(ratio)
    none_in = np.zeros(level.grid.shape)
    known = np.isin(level.voxels.region, list(paths.supplied))
    passed_on = paths.through * (1 - paths.cooling)
    # Of age the source is the mass of the air: a second older every second.
    aged = np.asarray(flow.rho)[:-1, :-1, :-1] * known
    each = {
        "humidity_ratio": (none_in, ratio, paths.through, np.array(outdoor)),
        "age": (aged, still, passed_on, none),
        "recirculated": (none_in, paths.serving, passed_on * (1 - paths.serving), none),
    }
    chosen = (each[quantity] for quantity in _solved(case))
    source, stream, kept, entered = (np.stack(part) for part in zip(*chosen, strict=True))
    dtype = level.model.fluid.dtype
    around = [(0, 0), *[(0, 1)] * 3]
    return Release(*(on_device(x, dtype) for x in (np.pad(source, around), stream, kept, entered)))


def _at_intakes(
    case: Case, level: AirLevel, air: AirSolution, values: Streams, known: set[int]
) -> dict[str, float]:
    """Means over the streams of each device whose intake lies in a known body of air."""
    found = {}
    for name, (of, _, _) in passing(case, level, air).items():
        at = level.streams.of(name)
        if of in known:
            found[name] = float(np.sum(level.streams.share[at] * values[at]))
    return found

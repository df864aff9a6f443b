"""The plant of a facility loop: what its heat passes through on its way to outdoors.

    coolers                       the loop's liquid goes through coolers
    exchangers  <- coolers        plate exchangers part it from an outdoor loop with coolers
    chillers                      air-cooled
    chillers    <- coolers        water-cooled: their condensers are on the outdoor loop
    economiser + chillers         plate exchangers on the outdoor loop, in series before either kind

All arguments are arrays of one shape, such as the hours of a year; a failed machine is a number.
"""

from dataclasses import dataclass
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from thermal.plant import chiller as chillers
from thermal.plant import plate
from thermal.plant.bank import COLDEST_WATER, Chillers, Coolers, carries, chill, cool, on_duty
from thermal.plant.halving import turning_point
from thermal.plant.machines import Rejection, Scalar, pump_power, together, volumetric_heat
from thermal.plant.outdoor import Outdoor
from thermal.plant.plate import Exchangers

FLOATING_MOST = 60.0  # of outdoor-loop water above what is asked for, beyond any in use [K]
FREE_SHARE = 1e-6  # of the heat; what is left of it when all is carried without a chiller [-]


@dataclass(frozen=True)
class OutdoorLoop:
    """Liquid between machines indoors and coolers outdoors, at constant flow while in use.

    `T_set` is what water-cooled chillers' condensers are given, `economiser` the exchangers that
    come before them. With `flow_least` the flow follows the heat of water-cooled chillers over
    their capacity, down to that share.
    """

    coolers: Coolers
    V_flow: float  # [m3/s]
    dp: float  # head of the pumps [Pa]
    efficiency: float  # of the pumps [-]
    fluid: str = "water"
    dp_static: float = 0.0  # part of the head that does not follow the flow [Pa]
    T_set: float = 0.0  # [K]
    economiser: Exchangers | None = None
    flow_least: float = 1.0  # [-]


@dataclass(frozen=True)
class Plant:
    """What a facility loop gives its heat to. `main` cools the loop's own liquid."""

    main: Coolers | Chillers | Exchangers
    V_flow: float  # of the facility loop [m3/s]
    T_set: float  # [K]
    fluid: str = "water"
    outdoor: OutdoorLoop | None = None


class Failed(eqx.Module):
    """Machines out of order: of `main`, and of the coolers of the outdoor loop."""

    main: Float[Array, "*hour"]
    coolers: Float[Array, "*hour"]


class PlantState(eqx.Module):
    """What a plant does with the heat of its loop.

    `T_supply` is a steady state's where no chiller is short: what chillers leave in the water comes
    round again and warms it without end. So does all heat where no machine is left: `T_supply` is
    then the set point. `T_outdoor` is the outdoor loop's water from its coolers.
    """

    T_supply: Float[Array, "*hour"]  # [K]
    shortage: Float[Array, "*hour"]  # heat beyond what holds the set point [W]
    free: Float[Array, "*hour"]  # heat carried without a compressor [W]
    power_chillers: Float[Array, "*hour"]  # [W]
    power_coolers: Float[Array, "*hour"]  # fans [W]
    power_pumps: Float[Array, "*hour"]  # of the outdoor loop [W]
    water: Float[Array, "*hour"]  # made up [kg/s]
    chillers: Float[Array, "*hour"]  # that run
    coolers: Float[Array, "*hour"]  # that run
    T_outdoor: Float[Array, "*hour"]  # [K]; T_supply without an outdoor loop
    outside: dict[str, Bool[Array, "*hour"]]  # beyond the chillers' curves, by the way it is

    @property
    def power(self) -> Float[Array, "*hour"]:
        """Of everything but the facility loop's own pumps [W]."""
        return self.power_chillers + self.power_coolers + self.power_pumps


def none_failed(like: Float[Array, "*hour"]) -> Failed:
    """All machines in order."""
    return Failed(jnp.zeros_like(like), jnp.zeros_like(like))


@partial(jax.jit, static_argnames=("plant", "economised"))
def operate(
    plant: Plant,
    heat: Scalar,
    outdoor: Outdoor,
    failed: Failed | None = None,
    economised: bool = True,
) -> PlantState:
    """What the plant does with `heat` [W], the loop's pumps' included.

    An economiser runs where less heat is short with it than without, or where it saves power.
    """
    heat, _ = together(heat, outdoor.T_dry)
    outdoor = outdoor.spread(heat.shape)
    given = none_failed(heat) if failed is None else _cut_off(plant, failed)
    given = Failed(*(together(part, heat)[0] for part in (given.main, given.coolers)))
    match plant.main:
        case Coolers():
            return _coolers_alone(plant, plant.main, heat, outdoor, given)
        case Exchangers():
            return _behind_exchangers(plant, plant.main, heat, outdoor, given)
    mechanical = _chilled(plant, heat, outdoor, given, free=False)
    if not economised or plant.outdoor is None or plant.outdoor.economiser is None:
        return mechanical
    free = _chilled(plant, heat, outdoor, given, free=True)
    even = jnp.abs(free.shortage - mechanical.shortage) <= FREE_SHARE * heat
    better = jnp.where(even, free.power < mechanical.power, free.shortage < mechanical.shortage) & (
        free.free > 0.0
    )
    return jax.tree.map(lambda a, b: jnp.where(better, a, b), free, mechanical)


def _cut_off(plant: Plant, failed: Failed) -> Failed:
    """Failed machines with those that can do nothing without them.

    That is coolers behind plate exchangers of which none is left, and condensers without a cooler.
    """
    bank, loop = plant.main, plant.outdoor
    if loop is None or not needs_coolers(plant):
        return failed
    if isinstance(bank, Exchangers):
        none_left, all_of_them = failed.main >= bank.count, float(loop.coolers.count)
        return Failed(failed.main, jnp.where(none_left, all_of_them, failed.coolers))
    none_left = failed.coolers >= loop.coolers.count
    return Failed(jnp.where(none_left, float(bank.count), failed.main), failed.coolers)


def _coolers_alone(
    plant: Plant, bank: Coolers, heat: Array, outdoor: Outdoor, failed: Failed
) -> PlantState:
    duty = on_duty(bank, failed.main)
    state, running = cool(bank, heat, outdoor, plant.V_flow, plant.T_set, duty)
    none = jnp.zeros_like(heat)
    return _of_coolers(state, running, heat, state.T_leaving, state.T_leaving, none)


def _behind_exchangers(
    plant: Plant, bank: Exchangers, heat: Array, outdoor: Outdoor, failed: Failed
) -> PlantState:
    """heat = K (T_return - T_outdoor) = C (T_return - T_supply)."""
    loop = plant.outdoor
    assert loop is not None, "plate exchangers need an outdoor loop"
    K = plate.conductance(bank, plant.V_flow, loop.V_flow, plant.fluid, loop.fluid, failed.main)
    apart = heat * (1.0 / K - 1.0 / _capacity_rate(plant))
    duty = on_duty(loop.coolers, failed.coolers)
    pumps = _pumps(loop, heat, jnp.full_like(heat, loop.V_flow))
    wanted = plant.T_set - apart
    state, running = cool(loop.coolers, heat + pumps, outdoor, loop.V_flow, wanted, duty)
    supply = jnp.where(duty > 0.0, state.T_leaving + apart, plant.T_set)
    return _of_coolers(state, running, heat, supply, state.T_leaving, pumps)


def _of_coolers(
    state: Rejection, running: Array, heat: Array, supply: Array, T_outdoor: Array, pumps: Array
) -> PlantState:
    none = jnp.zeros_like(heat)
    return PlantState(
        T_supply=supply,
        shortage=jnp.minimum(state.shortage, heat),
        free=heat,
        power_chillers=none,
        power_coolers=state.power,
        power_pumps=pumps,
        water=state.water,
        chillers=none,
        coolers=running,
        T_outdoor=T_outdoor,
        outside={},
    )


def _chilled(plant: Plant, heat: Array, outdoor: Outdoor, failed: Failed, free: bool) -> PlantState:
    """Chillers with or without the economiser, whose outdoor loop they share if water-cooled."""
    if plant.outdoor is None:
        return _with_condensers_at(plant, heat, outdoor, failed, jnp.zeros_like(heat), None)
    if not (free or _water_cooled(plant)):
        return _with_condensers_at(plant, heat, outdoor, failed, jnp.zeros_like(heat), None)
    loop = plant.outdoor
    duty = on_duty(loop.coolers, failed.coolers)
    V_flow = _outdoor_flow(plant, loop, heat)

    def at(T: Array) -> PlantState:
        carried = _free_heat(plant, loop, heat, T, V_flow) if free else jnp.zeros_like(heat)
        return _with_condensers_at(plant, heat, outdoor, failed, carried, T)

    def enough(T: Array) -> Array:
        return carries(loop.coolers, _rejected(plant, heat, at(T)), outdoor, V_flow, T, duty)

    target = _wanted(plant, loop, heat, V_flow) if free else jnp.full_like(heat, loop.T_set)
    lifted = turning_point(enough, target, target + FLOATING_MOST)
    met = enough(target)
    T = jnp.where(met, target, lifted)
    inside = at(T)
    # Short of the target the fans run at full speed, whatever the last halving left over.
    asked = jnp.where(met, target, COLDEST_WATER)
    load = _rejected(plant, heat, inside)
    state, running = cool(loop.coolers, load, outdoor, V_flow, asked, duty)
    used = load > inside.power_pumps
    return eqx.tree_at(
        lambda s: (s.power_coolers, s.water, s.coolers, s.T_outdoor),
        inside,
        (jnp.where(used, state.power, 0.0), jnp.where(used, state.water, 0.0), running, T),
    )


def _with_condensers_at(
    plant: Plant,
    heat: Array,
    outdoor: Outdoor,
    failed: Failed,
    carried: Array,
    T_outdoor: Array | None,
) -> PlantState:
    """Chillers for what the economiser has not `carried` [W], with the outdoor loop at a state."""
    bank, loop = plant.main, plant.outdoor
    assert isinstance(bank, Chillers)
    left = jnp.where(carried >= (1.0 - FREE_SHARE) * heat, 0.0, heat - carried)
    entering, pumps = outdoor.T_dry, jnp.zeros_like(heat)
    if T_outdoor is not None and loop is not None:
        V_flow = _outdoor_flow(plant, loop, heat)
        pumps = _pumps(loop, heat, V_flow)
        if _water_cooled(plant):
            warmed = T_outdoor + carried / (V_flow * volumetric_heat(loop.fluid))
            # A valve lets water past the condensers, so that they are not colder than they may be.
            entering = jnp.maximum(warmed, bank.machine.curves.energy_input.entering[0])
    duty = on_duty(bank, failed.main)
    state, running = chill(bank, left, entering, plant.V_flow, plant.T_set, duty, plant.fluid)
    none = jnp.zeros_like(heat)
    ways = chillers.outside(bank.machine, jnp.full_like(heat, plant.T_set), entering)
    return PlantState(
        T_supply=state.T_leaving,
        shortage=state.shortage,
        free=heat - left,
        power_chillers=state.power,
        power_coolers=none,
        power_pumps=pumps,
        water=none,
        chillers=running,
        coolers=none,
        T_outdoor=state.T_leaving if T_outdoor is None else T_outdoor,
        outside={way: found & (running > 0.0) for way, found in ways.items()},
    )


def _rejected(plant: Plant, heat: Array, state: PlantState) -> Float[Array, "..."]:
    """Heat that the coolers of the outdoor loop are given [W]: heat, compressors, own pumps."""
    loads = state.free + state.power_pumps
    if _water_cooled(plant):
        loads = loads + (heat - state.free - state.shortage) + state.power_chillers
    return loads


def _wanted(plant: Plant, loop: OutdoorLoop, heat: Array, V_flow: Array) -> Float[Array, "..."]:
    """Outdoor-loop water [K] with which the exchangers carry all heat."""
    return plant.T_set + heat / _capacity_rate(plant) - heat / _exchange(plant, loop, V_flow)


def _free_heat(
    plant: Plant, loop: OutdoorLoop, heat: Array, T: Array, V_flow: Array
) -> Float[Array, "..."]:
    """Heat [W] that the exchangers take from water that comes back at the set point's return."""
    T_return = plant.T_set + heat / _capacity_rate(plant)
    return jnp.clip(_exchange(plant, loop, V_flow) * (T_return - T), 0.0, heat)


def _exchange(plant: Plant, loop: OutdoorLoop, V_flow: Array) -> Float[Array, "..."]:
    assert loop.economiser is not None
    return plate.conductance(loop.economiser, plant.V_flow, V_flow, plant.fluid, loop.fluid)


def _outdoor_flow(plant: Plant, loop: OutdoorLoop, heat: Array) -> Float[Array, "..."]:
    """Flow of the outdoor loop [m3/s]."""
    bank = plant.main
    if not isinstance(bank, Chillers) or loop.flow_least >= 1.0:
        return jnp.full_like(heat, loop.V_flow)
    rated = (bank.count - bank.spare) * bank.machine.capacity
    return loop.V_flow * jnp.clip(heat / rated, loop.flow_least, 1.0)


def _pumps(loop: OutdoorLoop, heat: Array, V_flow: Array) -> Float[Array, "..."]:
    """Power of the outdoor loop's pumps [W]; they stand still without heat."""
    power = pump_power(V_flow, loop.V_flow, loop.dp, loop.efficiency, loop.dp_static)
    return jnp.where(heat > 0.0, power, 0.0)


def _capacity_rate(plant: Plant) -> float:
    """Of the facility loop's liquid [W/K]."""
    return plant.V_flow * volumetric_heat(plant.fluid)


def needs_coolers(plant: Plant) -> bool:
    """Whether its machines carry nothing without coolers on the outdoor loop."""
    return isinstance(plant.main, Exchangers) or _water_cooled(plant)


def _water_cooled(plant: Plant) -> bool:
    return isinstance(plant.main, Chillers) and plant.main.machine.water_cooled


@partial(jax.jit, static_argnames=("plant", "economised"))
def capacity(
    plant: Plant, outdoor: Outdoor, failed: Failed | None = None, economised: bool = False
) -> Float[Array, "*hour"]:
    """Heat [W] that the plant carries at its set point, with or without its economiser."""
    most = jnp.full_like(outdoor.T_dry, _far_more(plant))

    def short(heat: Array) -> Array:
        found = operate(plant, heat, outdoor, failed, economised)
        return found.shortage > FREE_SHARE * heat

    return turning_point(short, jnp.zeros_like(most), most)


def _far_more(plant: Plant) -> float:
    """More heat [W] than any plant of its size carries."""
    banks = [plant.main] + ([plant.outdoor.coolers] if plant.outdoor else [])
    return 20.0 * sum(bank.count * _rated(bank) for bank in banks)


def _rated(bank: Coolers | Chillers | Exchangers) -> float:
    machine = bank.machine
    return machine.cooler.capacity if hasattr(machine, "cooler") else machine.capacity

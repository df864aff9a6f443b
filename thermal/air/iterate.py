"""One outer iteration of the solver, steady or within a time step; many compiled as one call.

Order: streams, densities and viscosities from the old state; momentum; pressure correction;
temperature; turbulence. Everything is a pure function of arrays (docs/decisions/0004-simplec.md).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air import energy, kepsilon, momentum, ports, pressure, solids, turbulence
from thermal.air.gas import density
from thermal.air.inputs import AirInputs
from thermal.air.model import AirModel, Triple
from thermal.air.operators import triple
from thermal.air.staging import stage
from thermal.air.state import AirState, Work, to_work
from thermal.air.storage import Storage, in_time
from thermal.air.walls import film
from thermal.programs import kept_program


class Monitor(eqx.Module):
    """What every iteration reports.

    `moved` is the flow that enters the air and `net_mass` what enters beyond what leaves the hall
    (with its sign, so that swings cancel in a mean), or the same for a sealed body of air where
    that is more [kg/s]; `expelled` leaves sealed bodies as they warm [kg/s]; `T_in` and `T_out` of
    the streams and `T_in_max`, the highest of the cells that they take air from, `T_opening` of
    what passes the outdoor openings [K above T_ref]; `heat` by path [W]; `T_mean` [K above T_ref]
    and `V_mean` [m/s] over all cells; `change` is the change of the velocities in the iteration
    over the velocities, both as root mean squares over all faces [-].
    """

    moved: Float[Array, "*its"]
    net_mass: Float[Array, "*its"]
    expelled: Float[Array, "*its"]
    m_flow: Float[Array, "*its streams"]
    T_in: Float[Array, "*its streams"]
    T_out: Float[Array, "*its streams"]
    T_in_max: Float[Array, "*its streams"]
    T_opening: Float[Array, "*its openings"]
    heat: energy.HeatFlows
    T_mean: Float[Array, "*its"]
    V_mean: Float[Array, "*its"]
    change: Float[Array, "*its"]


def iterate(
    work: Work, model: AirModel, inputs: AirInputs, storage: Storage | None = None
) -> tuple[Work, Monitor]:
    """One outer iteration: towards the steady state, or towards the end of a time step."""
    go = model.go
    stream = ports.streams(work, model, inputs)
    rho = stage(go, density, work.T, model.gas)
    velocity, port_flux = ports.fixed_velocity(work.velocity, stream, model)
    V = stage(go, turbulence.speed, velocity)
    mu_t = stage(go, turbulence.eddy_viscosity, V, rho, work.k, work.epsilon, model)
    flux = stage(go, pressure.mass_flux, velocity, rho, port_flux, model, inputs)
    shared = stage(go, momentum.exchange, flux, rho, model.mu + mu_t, V, work, model)
    predicted = momentum.predict(velocity, work.p, shared, model, inputs, storage)
    solved = pressure.correct(predicted, work, rho, port_flux, stream, model, inputs, storage)
    incoming = ports.entering(solved.flux, stream, model, inputs)
    behind = solids.backing(model, inputs, storage)
    inner = stage(go, _through_open, solved.flux, model)

    def warmed(inner: Triple) -> tuple[Array, energy.HeatFlows]:
        source, heat = energy.sources(
            work.T, V, rho, work.k, solved.flux, stream, incoming, behind, model, inputs
        )
        relaxation = energy.RELAXATION
        if storage is not None:
            relaxation = 1.0
            source = in_time(source, work.T, storage.before.T, storage.earlier.T, storage, model)
        return energy.advance(work.T, inner, mu_t, source, model, relaxation), heat

    T, heat = stage(go, warmed, inner)
    k, epsilon = work.k, work.epsilon
    if turbulence.solves_k(model):

        def stirred(inner: Triple) -> tuple[Array, Array]:
            stirring = kepsilon.stirring(work, velocity, V, rho, mu_t, model)
            return kepsilon.advance(
                work, inner, rho, mu_t, stirring, incoming, model, inputs, storage
            )

        k, epsilon = stage(go, stirred, inner)
    new = Work(
        p=solved.p,
        T=T,
        velocity=solved.velocity,
        k=k,
        epsilon=epsilon,
        V_flow=solved.V_flow,
        T_body=solids.advance_bodies(work, stream, model, inputs, storage),
        T_layer=_layers(T, V, rho, work, model, inputs, storage),
    )
    return new, _observed(work, new, V, solved, stream, heat, model, inputs)


def _observed(
    work: Work,
    new: Work,
    V: Array,
    solved: pressure.Corrected,
    stream: ports.Ports,
    heat: energy.HeatFlows,
    model: AirModel,
    inputs: AirInputs,
) -> Monitor:
    entering, net = _through(solved.flux, model)
    unmatched = net - solved.stored
    cells = jnp.sum(model.fluid)
    return Monitor(
        moved=entering,
        net_mass=jnp.where(jnp.abs(unmatched) > solved.trapped, unmatched, solved.trapped),
        expelled=solved.expelled,
        m_flow=stream.m_flow,
        T_in=stream.T_in,
        T_out=stream.T_out,
        T_in_max=ports.highest_intakes(new.T, new.V_flow, model),
        T_opening=energy.opening_temperatures(new.T, solved.flux, model, inputs),
        heat=heat,
        T_mean=jnp.sum(new.T * model.fluid) / cells,
        V_mean=jnp.sum(V * model.fluid) / cells,
        change=_change(work.velocity, new.velocity),
    )


def _through_open(flux: Triple, model: AirModel) -> Triple:
    return triple(f * o for f, o in zip(flux, model.open, strict=True))


def _change(before: Triple, after: Triple) -> Array:
    moved = sum(jnp.sum((b - a) ** 2) for a, b in zip(before, after, strict=True))
    return jnp.sqrt(moved / (sum(jnp.sum(b * b) for b in after) + 1e-20))


@eqx.filter_jit
def eddy_viscosity_of(state: AirState, model: AirModel) -> Array:
    """Turbulent viscosity [Pa s] in the cells of a public state."""
    work = to_work(state, model)
    V, rho = turbulence.speed(work.velocity), density(work.T, model.gas)
    mu_t = turbulence.eddy_viscosity(V, rho, work.k, work.epsilon, model)
    return mu_t[:-1, :-1, :-1]


@kept_program
def run(work: Work, model: AirModel, inputs: AirInputs, iterations: int) -> tuple[Work, Monitor]:
    """Several outer iterations as one compiled call; the monitors are stacked."""
    return jax.lax.scan(
        lambda state, _: iterate(state, model, inputs), work, None, length=iterations
    )


@kept_program
def run_states(
    work: Work, model: AirModel, inputs: AirInputs, iterations: int
) -> tuple[Work, Monitor]:
    """The same for a batch: every array of `work` and `inputs` has a first axis of states."""
    each = eqx.filter_vmap(lambda one, given: run(one, model, given, iterations))
    found: tuple[Work, Monitor] = each(work, inputs)
    return found


def _layers(
    T: Array,
    V: Array,
    rho: Array,
    work: Work,
    model: AirModel,
    inputs: AirInputs,
    storage: Storage | None,
) -> Array:
    """Temperatures of the walls' layers beside the new air."""
    if inputs.layers is None:
        return work.T_layer
    shell = model.shell
    V_at, rho_at, k_at, T_at = (x.ravel()[shell.cell] for x in (V, rho, work.k, T))
    h = model.cp * film(V_at, rho_at, k_at, shell.distance, model)
    return solids.advance_layers(T_at, h, model, inputs, storage)


def _through(flux: Triple, model: AirModel) -> tuple[Array, Array]:
    """Mass flow entering the air through ports and openings, and in minus out [kg/s]."""
    entering = leaving = jnp.zeros((), flux[0].dtype)
    for axis in range(3):
        flat = flux[axis].ravel()
        for faces in (model.intake[axis], model.discharge[axis], model.outdoor[axis]):
            inflow = faces.sign * flat[faces.face]
            entering = entering + jnp.sum(jnp.maximum(inflow, 0.0))
            leaving = leaving - jnp.sum(jnp.minimum(inflow, 0.0))
    return entering, entering - leaving

"""One outer iteration of the steady solver, and many of them compiled as one call.

Order: streams, densities and viscosities from the old state; momentum; pressure correction;
temperature. Everything is a pure function of arrays (docs/decisions/0004-simplec.md).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air import energy, momentum, ports, pressure, turbulence
from thermal.air.model import AirInputs, AirModel, AirState, Work, to_work
from thermal.air.operators import triple
from thermal.properties import air_density


class Monitor(eqx.Module):
    """What every iteration reports.

    `moved` is the flow that enters the air and `net_mass` the larger of what enters beyond what
    leaves the hall, and of the same for any sealed body of air [kg/s]; `T_in` and `T_out` of the
    streams [K above T_ref]; `heat` by path [W]; `T_mean` [K above T_ref] and `V_mean` [m/s]
    over all cells.
    """

    moved: Float[Array, "*its"]
    net_mass: Float[Array, "*its"]
    m_flow: Float[Array, "*its streams"]
    T_in: Float[Array, "*its streams"]
    T_out: Float[Array, "*its streams"]
    heat: energy.HeatFlows
    T_mean: Float[Array, "*its"]
    V_mean: Float[Array, "*its"]


def iterate(work: Work, model: AirModel, inputs: AirInputs) -> tuple[Work, Monitor]:
    """One outer iteration."""
    stream = ports.streams(work, model, inputs)
    rho = density(work.T, model)
    velocity, port_flux = ports.fixed_velocity(work.velocity, stream, model)
    V = turbulence.speed(velocity)
    mu_t = turbulence.eddy_viscosity(V, rho, model)
    flux = pressure.mass_flux(velocity, rho, port_flux, model, inputs)
    shared = momentum.exchange(flux, rho, model.mu + mu_t, V, model)
    predicted, d, d_outdoor = [], [], []
    for axis in range(3):
        u, slope = momentum.predict(velocity[axis], work.p, axis, shared, model)
        faces = model.outdoor[axis]
        ease = jnp.zeros_like(faces.area)
        if faces.face.size:
            u, ease = momentum.predict_outdoor(u, work.p, rho, faces, model, inputs)
        predicted.append(u)
        d.append(slope)
        d_outdoor.append(ease)
    velocity, p, flux, trapped = pressure.correct(
        triple(predicted), work.p, triple(d), triple(d_outdoor), rho, port_flux, model, inputs
    )
    source, heat = energy.sources(work.T, V, rho, velocity, stream, model, inputs)
    T = energy.advance(work.T, flux, model.mu, mu_t, source, model)
    through = _through(flux, model)
    monitor = Monitor(
        moved=through[0],
        net_mass=jnp.maximum(jnp.abs(through[1]), trapped),
        m_flow=stream.m_flow,
        T_in=stream.T_in,
        T_out=stream.T_out,
        heat=heat,
        T_mean=jnp.sum(T * model.fluid) / jnp.sum(model.fluid),
        V_mean=jnp.sum(V * model.fluid) / jnp.sum(model.fluid),
    )
    return Work(p, T, velocity), monitor


def density(T: Array, model: AirModel) -> Array:
    """Density of cells [kg/m3] at the site's pressure; T above T_ref [K]."""
    return air_density(T + model.T_ref, model.pressure)


@eqx.filter_jit
def eddy_viscosity_of(state: AirState, model: AirModel) -> Array:
    """Turbulent viscosity [Pa s] in the cells of a public state."""
    work = to_work(state, model)
    V = turbulence.speed(work.velocity)
    return turbulence.eddy_viscosity(V, density(work.T, model), model)[:-1, :-1, :-1]


@eqx.filter_jit
def run(work: Work, model: AirModel, inputs: AirInputs, iterations: int) -> tuple[Work, Monitor]:
    """Several outer iterations as one compiled call; the monitors are stacked."""
    return jax.lax.scan(
        lambda state, _: iterate(state, model, inputs), work, None, length=iterations
    )


def _through(flux: tuple, model: AirModel) -> tuple[Array, Array]:
    """Mass flow entering the air through ports and openings, and in minus out [kg/s]."""
    entering = leaving = jnp.zeros((), flux[0].dtype)
    for axis in range(3):
        flat = flux[axis].ravel()
        for faces in (model.intake[axis], model.discharge[axis], model.outdoor[axis]):
            inflow = faces.sign * flat[faces.face]
            entering = entering + jnp.sum(jnp.maximum(inflow, 0.0))
            leaving = leaving - jnp.sum(jnp.minimum(inflow, 0.0))
    return entering, entering - leaving

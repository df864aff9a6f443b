"""Where equipment, fans and openings move air: mass flows and temperatures of their faces."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.model import GRAVITY, AirInputs, AirModel, OutdoorFaces, Work
from thermal.air.operators import triple
from thermal.properties import air_density

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]


class Ports(eqx.Module):
    """Streams in one iteration: mass flow [kg/s], temperatures above T_ref [K]."""

    m_flow: Float[Array, " streams"]
    T_in: Float[Array, " streams"]
    T_out: Float[Array, " streams"]


def streams(work: Work, model: AirModel, inputs: AirInputs) -> Ports:
    """Intake temperature, mass flow and discharge temperature of every stream.

    Heat is added along the stream: T_out = T_in + Q/(m cp). A controlled stream leaves at its set
    point, or warmer where its coil does not carry enough.
    """
    T_set = inputs.T_set - model.T_ref
    taken = jnp.zeros_like(inputs.V_flow)
    for faces in model.intake:
        flow = faces.share * work.T.ravel()[faces.cell]
        taken = taken + jax.ops.segment_sum(flow, faces.stream, model.streams)
    T_in = jnp.where(model.has_intake > 0, taken, T_set)
    m_flow = air_density(T_in + model.T_ref, model.pressure) * inputs.V_flow
    capacity_rate = jnp.maximum(m_flow, 1e-9) * model.cp
    heated = T_in + inputs.heat / capacity_rate
    driving = jnp.maximum(T_in - (inputs.T_coolant - model.T_ref), 0.0)
    coldest = heated - inputs.conductance * driving / capacity_rate
    cooled = jnp.maximum(jnp.minimum(T_set, heated), coldest)
    T_out = jnp.where(inputs.controlled > 0, cooled, heated)
    return Ports(m_flow, T_in, jnp.where(m_flow > 0, T_out, T_in))


def fixed_velocity(velocity: Triple, ports: Ports, model: AirModel) -> tuple[Triple, Triple]:
    """Velocities with the ports' faces set, and the ports' mass flux on otherwise empty faces."""
    set_velocity, flux = [], []
    for axis in range(3):
        u, F = velocity[axis], jnp.zeros_like(velocity[axis])
        for faces, T, inward in (
            (model.intake[axis], ports.T_in, -1.0),
            (model.discharge[axis], ports.T_out, 1.0),
        ):
            if faces.face.size:
                m = inward * faces.sign * faces.share * ports.m_flow[faces.stream]
                rho = air_density(T[faces.stream] + model.T_ref, model.pressure)
                F = _put(F, faces.face, m)
                u = _put(u, faces.face, m / (rho * faces.area))
        set_velocity.append(u)
        flux.append(F)
    return triple(set_velocity), triple(flux)


def outdoor_pressure(faces: OutdoorFaces, model: AirModel, inputs: AirInputs) -> Array:
    """Pressure outside an opening, above the hall's hydrostatic reference [Pa]."""
    outside = air_density(inputs.T_outdoor, model.pressure)
    reference = air_density(model.T_ref, model.pressure)
    return (reference - outside) * GRAVITY * faces.height


def _put(x: Field, index: Array, values: Array) -> Field:
    return x.ravel().at[index].set(values).reshape(x.shape)

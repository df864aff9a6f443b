"""Where equipment, fans and openings move air: flows, temperatures, and what they bring in."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from thermal.air.gas import density, excess_density
from thermal.air.inputs import AirInputs, Inflow
from thermal.air.model import GRAVITY, AirModel, OutdoorFaces, PortFaces
from thermal.air.operators import triple
from thermal.air.state import Work
from thermal.air.transport import Source
from thermal.air.turbulence import K_EPSILON, solves_k, speed

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]

FAN_RELAXATION = 0.9
STANDARD_DENSITY = 1.2
"""Density of the air that fan curves are told for [kg/m3]. ISO 5801."""
SMALL_FLOW = 0.05
"""Share of its nominal flow below which a stopped fan's answer to pressure no longer grows [-]."""
INTENSITY = 0.05
"""Turbulence intensity of air that equipment and openings give out, where nothing else is said:
a choice, near the 4 % at the inlet of the Annex 20 room (Nielsen 1990) [-]."""
MIXING_LENGTH = 0.07
"""Its mixing length over the square root of the face's area, as in a duct. Versteeg and
Malalasekera (2007), section 3.7.2 [-]."""


class Ports(eqx.Module):
    """Streams in one iteration.

    Volume flow [m3/s] from intake to discharge, mass flow [kg/s], temperatures above T_ref [K]
    where the stream is taken in (`T_in`) and where it is given out (`T_out`); `response` is the
    change of volume flow by the pressure difference in favour of it [m3/s/Pa].
    """

    V_flow: Float[Array, " streams"]
    m_flow: Float[Array, " streams"]
    rho: Float[Array, " streams"]
    T_in: Float[Array, " streams"]
    T_out: Float[Array, " streams"]
    response: Float[Array, " streams"]


class Entering(eqx.Module):
    """What air brings into cells (flat indices) through ports and openings.

    `m_flow` [kg/s] is 0 where air leaves; `T` is above T_ref [K]; `loss` is its sum in cells.
    """

    cell: Int[Array, " faces"]
    m_flow: Float[Array, " faces"]
    T: Float[Array, " faces"]
    k: Float[Array, " faces"]
    epsilon: Float[Array, " faces"]
    loss: Field


def mean_at(x: Field, faces: tuple[PortFaces, ...], model: AirModel) -> Array:
    """Mean of a field over the cells at each stream's faces."""
    total = jnp.zeros_like(model.has_intake)
    for port in faces:
        if port.cell.size:
            value = port.share * x.ravel()[port.cell]
            total = total + jax.ops.segment_sum(value, port.stream, model.streams)
    return total


def spread(values: Array, faces: tuple[PortFaces, ...], like: Field) -> Field:
    """Streams' values put into the cells at their faces, by share: the transpose of mean_at."""
    flat = jnp.zeros_like(like).ravel()
    for port in faces:
        if port.cell.size:
            flat = flat.at[port.cell].add(port.share * values[port.stream])
    return flat.reshape(like.shape)


def highest_intakes(T: Field, V_flow: Array, model: AirModel) -> Float[Array, " streams"]:
    """Highest temperature in the cells that the streams take air from [K above T_ref].

    Those before the intake, or before the discharge of a stream that is driven backwards; minus
    infinity without such. `T` above T_ref [K], `V_flow` of the streams [m3/s].
    """

    def highest(ports: tuple[PortFaces, ...]) -> Float[Array, " streams"]:
        found = jnp.full_like(model.has_intake, -jnp.inf)
        for faces in ports:
            if faces.face.size:
                found = found.at[faces.stream].max(T.ravel()[faces.cell])
        return found

    return jnp.where(V_flow < 0, highest(model.discharge), highest(model.intake))


def streams(work: Work, model: AirModel, inputs: AirInputs) -> Ports:
    """Flow and temperatures of every stream.

    Heat is added along the stream: T_out = T_in + Q/(m cp). A controlled stream leaves at its set
    point, or warmer where its coil does not carry enough. A stream that the pressure drives
    backwards is taken in at its discharge, or outdoors where it has none.
    """
    T_set = inputs.T_set - model.T_ref
    T_front = mean_at(work.T, model.intake, model)
    T_front = jnp.where(model.has_intake > 0, T_front, T_set)
    V_flow, response = _flow(work, T_front, model, inputs)
    outdoors = inputs.T_outdoor - model.T_ref
    T_back = mean_at(work.T, model.discharge, model)
    T_back = jnp.where(model.has_discharge > 0, T_back, outdoors)
    T_in = jnp.where(V_flow < 0, T_back, T_front)
    rho = density(T_in, model.gas)
    m_flow = rho * V_flow
    T_out = outlet(T_in, jnp.abs(m_flow) * model.cp, work.T_body, model, inputs)
    return Ports(V_flow, m_flow, rho, T_in, jnp.where(m_flow != 0, T_out, T_in), response)


def outlet(
    T_in: Array, capacity_rate: Array, T_body: Array, model: AirModel, inputs: AirInputs
) -> Array:
    """Temperature that streams leave at [K above T_ref] for their capacity rate [W/K]."""
    C = jnp.maximum(capacity_rate, 1e-6)
    T_set, T_coolant = inputs.T_set - model.T_ref, inputs.T_coolant - model.T_ref
    heated = T_in + inputs.heat / C
    if inputs.bodies is not None:
        grip = -jnp.expm1(-inputs.bodies.conductance / C)
        stored = inputs.bodies.capacity > 0
        heated = jnp.where(stored, T_in + grip * (T_body[0] - T_in), heated)
    rear_door = inputs.controlled > 1.5
    driving = jnp.maximum(jnp.where(rear_door, heated, T_in) - T_coolant, 0.0)
    coldest = heated - inputs.conductance * driving / C
    cooled = jnp.maximum(jnp.minimum(T_set, heated), coldest)
    out = jnp.where(inputs.controlled > 0, cooled, heated)
    if inputs.bodies is not None:
        delayed = inputs.bodies.coil_capacity > 0
        out = jnp.where(delayed, T_body[1], out)
    return out


def _flow(work: Work, T_front: Array, model: AirModel, inputs: AirInputs) -> tuple[Array, Array]:
    """Volume flow of the streams [m3/s], and its answer to pressure [m3/s/Pa].

    A fan moves the same volume of lighter air, and raises its pressure by as much less (fan laws,
    ASHRAE Systems and Equipment (2020), chapter 21).
    """
    fans = inputs.fans
    if fans is None:
        return inputs.V_flow, jnp.zeros_like(inputs.V_flow)
    T = T_front + model.T_ref
    turning = jax.vmap(jnp.interp)(T, fans.T_law, fans.speed)
    driven = fans.slope > 0
    V = work.V_flow
    heavier = density(T_front, model.gas) / STANDARD_DENSITY
    raised = heavier * (fans.shutoff * turning**2 - fans.slope * V * jnp.abs(V))
    against = _pressure_behind(work.p, model, inputs) - _pressure_before(work, model, inputs)
    free = turning * jnp.sqrt(fans.shutoff / jnp.where(driven, fans.slope, 1.0))
    least = jnp.maximum(SMALL_FLOW * jnp.maximum(inputs.V_flow, 1e-3), 0.5 * free)
    slope = 2 * heavier * fans.slope * jnp.maximum(jnp.abs(V), least)
    response = jnp.where(driven, FAN_RELAXATION / jnp.where(driven, slope, 1.0), 0.0)
    return jnp.where(driven, V + response * (raised - against), inputs.V_flow * turning), response


def _pressure_before(work: Work, model: AirModel, inputs: AirInputs) -> Array:
    """Pressure that streams are drawn from [Pa]: at their intake, or outdoors.

    An exhaust fan's static pressure is told against air at rest before it (ISO 5801), so the
    dynamic head that the air has gathered on its way to the fan counts.
    """
    outside = _outdoor_pressure_of_streams(model, inputs)
    head = 0.5 * density(work.T, model.gas) * speed(work.velocity) ** 2
    gathered = (1.0 - model.has_discharge) * mean_at(head, model.intake, model)
    return jnp.where(model.has_intake > 0, mean_at(work.p, model.intake, model) + gathered, outside)


def _pressure_behind(p: Field, model: AirModel, inputs: AirInputs) -> Array:
    """Pressure that streams are blown against [Pa]: at their discharge, or outdoors."""
    outside = _outdoor_pressure_of_streams(model, inputs)
    return jnp.where(model.has_discharge > 0, mean_at(p, model.discharge, model), outside)


def fixed_velocity(velocity: Triple, ports: Ports, model: AirModel) -> tuple[Triple, Triple]:
    """Velocities with the ports' faces set, and the ports' mass flux on otherwise empty faces."""
    set_velocity, flux = [], []
    forward = ports.V_flow >= 0
    before = density(jnp.where(forward, ports.T_in, ports.T_out), model.gas)
    behind = density(jnp.where(forward, ports.T_out, ports.T_in), model.gas)
    for axis in range(3):
        u, F = velocity[axis], jnp.zeros_like(velocity[axis])
        for faces, rho, inward in (
            (model.intake[axis], before, -1.0),
            (model.discharge[axis], behind, 1.0),
        ):
            if faces.face.size:
                m = inward * faces.sign * faces.share * ports.m_flow[faces.stream]
                F = _put(F, faces.face, m)
                u = _put(u, faces.face, m / (rho[faces.stream] * faces.area))
        set_velocity.append(u)
        flux.append(F)
    return triple(set_velocity), triple(flux)


def entering(flux: Triple, ports: Ports, model: AirModel, inputs: AirInputs) -> Entering:
    """What ports and openings bring in, from the mass flux through their faces [kg/s]."""
    cell, m_flow, T, area = [], [], [], []
    intensity, length = [], []
    given = _inflow(model, inputs)
    for axis in range(3):
        flat = flux[axis].ravel()
        for faces in (model.intake[axis], model.discharge[axis]):
            cell.append(faces.cell)
            m_flow.append(jnp.maximum(faces.sign * flat[faces.face], 0.0))
            T.append(ports.T_out[faces.stream])
            area.append(faces.area)
            intensity.append(given.intensity[faces.stream])
            length.append(given.length[faces.stream])
        outdoor = model.outdoor[axis]
        cell.append(outdoor.cell)
        m_flow.append(jnp.maximum(outdoor.sign * flat[outdoor.face], 0.0))
        T.append(inputs.T_opening[outdoor.opening] - model.T_ref)
        area.append(outdoor.area)
        intensity.append(given.opening_intensity[outdoor.opening])
        length.append(given.opening_length[outdoor.opening])
    cells, m, T_in = (jnp.concatenate(x) for x in (cell, m_flow, T))
    k = epsilon = jnp.zeros_like(m)
    if solves_k(model):
        C_mu = K_EPSILON[model.turbulence].C_mu
        speed = m / (density(T_in, model.gas) * jnp.concatenate(area))
        k = 1.5 * (jnp.concatenate(intensity) * speed) ** 2
        epsilon = C_mu**0.75 * k * jnp.sqrt(k) / jnp.concatenate(length)
    return Entering(cells, m, T_in, k, epsilon, _added(cells, m, model))


def enter(values: Array, entering: Entering, model: AirModel) -> Source:
    """Source of a scalar that entering air has these values of."""
    return Source(_added(entering.cell, entering.m_flow * values, model), entering.loss)


def outdoor_pressure(faces: OutdoorFaces, model: AirModel, inputs: AirInputs) -> Array:
    """Pressure outside an opening, above the hall's hydrostatic reference [Pa]."""
    still = outdoor_pressure_at(faces.height, model, inputs)
    return still if inputs.p_wind is None else still + inputs.p_wind[faces.opening]


def _outdoor_pressure_of_streams(model: AirModel, inputs: AirInputs) -> Array:
    """Pressure outside, where each stream that has one end in the hall ends outdoors [Pa]."""
    still = outdoor_pressure_at(model.height, model, inputs)
    return still if inputs.p_wind_stream is None else still + inputs.p_wind_stream


def outdoor_pressure_at(height: Array, model: AirModel, inputs: AirInputs) -> Array:
    """Pressure of still outdoor air at a height [m], above the hydrostatic reference [Pa]."""
    lighter = excess_density(inputs.T_outdoor - model.T_ref, model.gas)
    return -lighter * GRAVITY * height


def _inflow(model: AirModel, inputs: AirInputs) -> Inflow:
    """Turbulence that comes in, as given or as assumed."""
    if inputs.inflow is not None:
        return inputs.inflow
    area, opening = jnp.zeros_like(inputs.V_flow), jnp.zeros_like(inputs.T_opening)
    for axis in range(3):
        faces, outdoor = model.discharge[axis], model.outdoor[axis]
        area = area.at[faces.stream].add(faces.area)
        opening = opening.at[outdoor.opening].add(outdoor.area)
    lengths = (MIXING_LENGTH * jnp.sqrt(jnp.maximum(x, 1e-6)) for x in (area, opening))
    of_stream, of_opening = lengths
    steady = INTENSITY * jnp.ones_like(area)
    return Inflow(steady, of_stream, INTENSITY * jnp.ones_like(opening), of_opening)


def _added(cells: Array, values: Array, model: AirModel) -> Field:
    zero = jnp.zeros_like(model.fluid)
    return zero.ravel().at[cells].add(values).reshape(zero.shape)


def _put(x: Field, index: Array, values: Array) -> Field:
    return x.ravel().at[index].set(values).reshape(x.shape)

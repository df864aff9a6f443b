"""A cooling coil whose surface may be colder than the dew point of the air: heat and condensate.

Enthalpy effectiveness-NTU of a counterflow coil: Braun, Klein and Mitchell (1989), Effectiveness
models for cooling towers and cooling coils, ASHRAE Transactions 95(2); Mitchell and Braun (2012),
Principles of Heating, Ventilation, and Air Conditioning in Buildings, supplement to chapter 2.
Letters: T temperature [K], w humidity ratio [kg water / kg dry air], h enthalpy of moist air
[J / kg dry air], C capacity rate [W/K]. Flows of air count the dry air.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.exchanger import Scalar, conductance_to_inlets
from thermal.moist_air import (
    EVAPORATION_HEAT,
    HEAT_CAPACITY_DRY_AIR,
    HEAT_CAPACITY_VAPOUR,
    Pressure,
    dew_point,
    humidity_ratio,
    moist_air_enthalpy,
    moist_air_heat_capacity,
    saturation_pressure,
    vapour_pressure,
)
from thermal.properties import STANDARD_PRESSURE, ZERO_CELSIUS

Values = Float[Array, "*shape"]

CHORD_MIN = 0.05  # shortest chord of the saturation curve that float32 resolves [K]
_HALVINGS = 60  # of the range of `wetting`; float64 needs 54
_SATURATION_STEPS = 10  # Newton from above on a curve bent upwards; round-off after seven


class Inlets(eqx.Module):
    """Air and water before the coil."""

    T_air: Scalar  # [K]
    w_air: Scalar  # [-]
    m_air: Scalar  # dry air [kg/s]
    T_water: Scalar  # [K]
    C_water: Scalar  # [W/K]


class Outlets(eqx.Module):
    """Air and water behind the coil and what passed between them.

    The heat is what the air loses, with that of the condensate which drains away, about 1 %. Hot
    air that enters nearly saturated may leave above saturation, as fog.
    """

    heat: Float[Array, "..."]  # sensible and latent [W]
    sensible: Float[Array, "..."]  # [W]
    condensate: Float[Array, "..."]  # [kg/s]
    T_air: Float[Array, "..."]  # [K]
    w_air: Float[Array, "..."]  # [-]
    T_water: Float[Array, "..."]  # [K]
    dry_fraction: Float[Array, "..."]  # of the surface, from where the air enters [-]


class _Coil(eqx.Module):
    """Inlets of one shape that cool, and what is known of the coil before it is solved."""

    T_air: Values  # [K]
    w_air: Values  # [-]
    m_air: Values  # [kg/s]
    T_water: Values  # [K]
    C_water: Values  # [W/K]
    UA_air: Values  # [W/K]
    UA_water: Values  # [W/K]
    p: Pressure  # [Pa]
    dew: Values  # dew point of the entering air [K]
    cp: Values  # of moist air [J / (kg dry air K)]
    C_air: Values  # [W/K]


class _Front(eqx.Module):
    """Where condensation begins on the way of the air; its outlet if the coil is dry."""

    wet_fraction: Values  # of the surface, behind the front [-]
    rise: Values  # of the water up to there [K]
    dry_heat: Values  # of the surface before it [W]
    T_air: Values  # [K]


@jax.jit
def wet_coil(
    inlets: Inlets,
    UA_air: Scalar,
    UA_water: Scalar,
    p: Pressure = STANDARD_PRESSURE,
) -> Outlets:
    """A counterflow coil that is dry, wet, or dry up to where its surface meets the dew point.

    UA_air and UA_water [W/K] are the conductances of the two films over the whole surface, with
    fins and tubes in either of them; p [Pa]; shapes broadcast. For surfaces above freezing. Nothing
    is exchanged where the water is not colder than the air or either stands still.

    On wet surface the enthalpy drives heat and vapour together (Lewis number 1), and the saturation
    curve is a chord over the water's own temperatures: where these span 6 K, a coil integrated
    along its length takes 3 % less.
    """
    return _outlets(inlets, UA_air, UA_water, p, everywhere=False)


@jax.jit
def coil_wet_throughout(
    inlets: Inlets,
    UA_air: Scalar,
    UA_water: Scalar,
    p: Pressure = STANDARD_PRESSURE,
) -> Outlets:
    """The same coil with water on all of its surface, also where that evaporates.

    The wet limit, with which other programs blend the dry coil where a part is wet.
    """
    return _outlets(inlets, UA_air, UA_water, p, everywhere=True)


def _outlets(
    inlets: Inlets, UA_air: Scalar, UA_water: Scalar, p: Pressure, everywhere: bool
) -> Outlets:
    values = [jnp.asarray(value) for value in (*jax.tree.leaves(inlets), UA_air, UA_water)]
    T_air_in, w_air_in, m_air, T_water, C_water, UA_air, UA_water = jnp.broadcast_arrays(*values)
    cools = (T_air_in > T_water) & (m_air > 0.0) & (C_water > 0.0)
    coil = _coil(
        # Where it does not cool it is solved with inlets that do, so that nothing is 0 / 0.
        jnp.where(cools, T_air_in, T_water + 1.0),
        w_air_in,
        jnp.where(cools, m_air, 1.0),
        T_water,
        jnp.where(cools, C_water, 1.0),
        UA_air,
        UA_water,
        p,
        everywhere,
    )
    front = _front(_wetting(coil), coil)
    wet_heat = _wet_heat(front, coil)
    T_air, w_air = _behind(front, wet_heat, coil)
    heat = jnp.where(cools, front.dry_heat + wet_heat, 0.0)
    T_air, w_air = jnp.where(cools, T_air, T_air_in), jnp.where(cools, w_air, w_air_in)
    return Outlets(
        heat=heat,
        sensible=coil.C_air * (T_air_in - T_air),
        condensate=m_air * (w_air_in - w_air),
        T_air=T_air,
        w_air=w_air,
        T_water=T_water + heat / coil.C_water,
        dry_fraction=jnp.where(cools, 1.0 - front.wet_fraction, 1.0),
    )


def _coil(T_air, w_air, m_air, T_water, C_water, UA_air, UA_water, p, everywhere) -> _Coil:
    # A dew point as warm as the air puts water on every surface.
    dew = T_air if everywhere else jnp.minimum(dew_point(vapour_pressure(w_air, p)), T_air)
    cp = moist_air_heat_capacity(w_air)
    return _Coil(T_air, w_air, m_air, T_water, C_water, UA_air, UA_water, p, dew, cp, m_air * cp)


def _front(wetting: Values, coil: _Coil) -> _Front:
    """Front of condensation at a `wetting` from 0 to 2.

    Up to 1 it is the share of the surface that is wet, 0 a dry coil. Beyond, all of it is wet and
    no front left, and the rise of the water goes on falling, to none at 2.
    """
    wet_fraction = jnp.minimum(wetting, 1.0)
    conductance = _dry_conductance(1.0 - wet_fraction, coil)
    rise = jnp.maximum(_rise_at_dew_point(conductance, coil), 0.0)
    rise = rise * jnp.minimum(2.0 - wetting, 1.0)
    dry_heat = conductance * (coil.T_air - coil.T_water - rise)
    return _Front(wet_fraction, rise, dry_heat, coil.T_air - dry_heat / coil.C_air)


def _dry_conductance(share: Values, coil: _Coil) -> Values:
    """Heat per kelvin between the inlets [W/K] of a dry `share` of the surface."""
    UA = share / (1.0 / coil.UA_air + 1.0 / coil.UA_water)
    return conductance_to_inlets(coil.C_air, coil.C_water, UA)


def _rise_at_dew_point(conductance: Values, coil: _Coil) -> Values:
    """Rise of the water [K] to where the surface behind the dry part is at the dew point.

        UA_air (T_air - dew) = UA_water (dew - T_water),
        T_air = T_in - conductance (T_in - T_water) / C_air

    Below 0 where all of the surface behind is warmer than the dew point.
    """
    ratio, cooled = coil.UA_water / coil.UA_air, conductance / coil.C_air
    to_dew, to_air = coil.dew - coil.T_water, coil.T_air - coil.T_water
    return ((1.0 + ratio) * to_dew - (1.0 - cooled) * to_air) / (cooled + ratio)


def _wet_heat(front: _Front, coil: _Coil) -> Values:
    """Heat [W] of the part behind the front: the dry relation, of enthalpies and mass flows.

    The water takes the place of saturated air at its temperature, with the capacity rate
    C_water / c_s [kg/s], c_s being the slope of the saturation curve.
    """
    span = jnp.maximum(front.rise, CHORD_MIN)
    coldest = _saturated(coil.T_water, coil.p)
    c_s = (_saturated(coil.T_water + span, coil.p) - coldest) / span
    conductance = front.wet_fraction / (coil.cp / coil.UA_air + c_s / coil.UA_water)
    exchanged = conductance_to_inlets(coil.m_air, coil.C_water / c_s, conductance)
    return exchanged * (moist_air_enthalpy(front.T_air, coil.w_air) - coldest)


def _wetting(coil: _Coil) -> Values:
    """How wet the coil is, as `_front` takes it.

    The wetter, the more heat its wet part gives and the less the water needs: one root, found by
    halving. A Newton step, added and taken off again, gives its derivatives (implicit function
    theorem).
    """

    condenses = _rise_at_dew_point(_dry_conductance(jnp.ones_like(coil.T_air), coil), coil) > 0.0

    def excess(wetting, coil):
        front = _front(wetting, coil)
        return jnp.where(condenses, _wet_heat(front, coil) / coil.C_water - front.rise, wetting)

    held = jax.lax.stop_gradient(coil)

    def halve(_, bracket):
        low, high = bracket
        middle = 0.5 * (low + high)
        below = excess(middle, held) < 0.0
        return jnp.where(below, middle, low), jnp.where(below, high, middle)

    start = jnp.zeros_like(held.T_air), jnp.full_like(held.T_air, 2.0)
    root, _ = jax.lax.fori_loop(0, _HALVINGS, halve, start)
    here, slope = jax.jvp(lambda x: excess(x, held), (root,), (jnp.ones_like(root),))
    return root - (excess(root, coil) - here) / slope


def _behind(front: _Front, wet_heat: Values, coil: _Coil) -> tuple[Values, Values]:
    """Temperature [K] and humidity ratio of the air that leaves the part behind the front.

    It moves towards saturated air at one effective temperature of the surface as far as the film
    of the air lets it, 1 - exp(-UA_air / C_air).
    """
    wet = front.wet_fraction > 0.0
    transfer_units = jnp.where(wet, front.wet_fraction, 1.0) * coil.UA_air / coil.C_air
    approached = -jnp.expm1(-transfer_units)
    before, lost = moist_air_enthalpy(front.T_air, coil.w_air), wet_heat / coil.m_air
    surface = _saturation_temperature(before - lost / approached, coil)
    T_air = front.T_air - approached * (front.T_air - surface)
    warm = T_air - ZERO_CELSIUS
    w_air = (before - lost - HEAT_CAPACITY_DRY_AIR * warm) / (
        EVAPORATION_HEAT + HEAT_CAPACITY_VAPOUR * warm
    )
    return jnp.where(wet, T_air, front.T_air), jnp.where(wet, w_air, coil.w_air)


def _saturation_temperature(h: Values, coil: _Coil) -> Values:
    """Temperature [K] at which saturated air has the enthalpy h, below the dew point."""

    def step(_, T):
        here, slope = jax.jvp(lambda T: _saturated(T, coil.p), (T,), (jnp.ones_like(T),))
        return T + (h - here) / slope

    return jax.lax.fori_loop(0, _SATURATION_STEPS, step, coil.dew)


def _saturated(T: Values, p: Pressure) -> Values:
    """Enthalpy of saturated air [J / kg dry air]."""
    return moist_air_enthalpy(T, humidity_ratio(saturation_pressure(T), p))

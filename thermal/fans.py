"""Fan and pump curves, affinity laws, shaft power.

Affinity (ASHRAE Systems and Equipment (2020), chapter 44, table 1): flow ~ speed, pressure ~
speed^2, power ~ speed^3, with speed relative to full speed.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geometry.errors import Finding, InputError

Scalar = float | Float[Array, "..."]


class Curve(eqx.Module):
    """Pressure rise at full speed, dp = shutoff - slope V_flow |V_flow|, per machine."""

    shutoff: Float[Array, "*machine"]  # pressure rise without flow [Pa]
    slope: Float[Array, "*machine"]  # [Pa s2/m6]

    def pressure_rise(self, V_flow: Scalar, speed: Scalar = 1.0) -> Float[Array, "..."]:
        """Pressure rise [Pa] at V_flow [m3/s] and relative speed; negative beyond run-out."""
        return jnp.asarray(self.shutoff * speed**2 - self.slope * V_flow * jnp.abs(V_flow))

    def free_flow(self, speed: Scalar = 1.0) -> Float[Array, "..."]:
        """Flow [m3/s] against no pressure."""
        return jnp.asarray(jnp.sqrt(self.shutoff / self.slope) * speed)


def fit_curve(V_flow: tuple[float, ...], dp: tuple[float, ...], where: str = "pump") -> Curve:
    """Curve through points of V_flow [m3/s] and dp [Pa] at full speed, by least squares.

    One point alone is taken as the design point of EPANET's one-point curve (Rossman, EPANET 2.2
    manual, section 3.1): shut-off at 4/3 of its pressure, run-out at twice its flow.
    """
    flow, pressure = np.asarray(V_flow, dtype=float), np.asarray(dp, dtype=float)
    if flow.size == 0 or flow.size != pressure.size:
        message = (
            f"a curve of {flow.size} flows and {pressure.size} pressures; wanted as many of both"
        )
        raise InputError([Finding(where, message)])
    if flow.size == 1:
        flow, pressure = np.array([0.0, flow[0]]), pressure * np.array([4.0 / 3.0, 1.0])
    columns = np.stack([np.ones_like(flow), -(flow**2)], axis=1)
    (shutoff, slope), _, rank, _ = np.linalg.lstsq(columns, pressure, rcond=None)
    if rank < 2 or shutoff <= 0.0 or slope <= 0.0 or not np.isfinite([shutoff, slope]).all():
        message = (
            f"dp = a - b Q^2 fitted to the curve has a = {shutoff:.4g} Pa, b = {slope:.4g} Pa s2/m6"
        )
        raise InputError([Finding(where, f"{message}; wanted a pressure that falls with flow")])
    return Curve(jnp.asarray(float(shutoff)), jnp.asarray(float(slope)))


def shaft_power(V_flow: Scalar, dp: Scalar, efficiency: Scalar) -> Float[Array, "..."]:
    """Power taken [W] to raise V_flow [m3/s] by dp [Pa]; none where the pressure falls."""
    return jnp.maximum(jnp.asarray(V_flow * dp), 0.0) / efficiency


def power_at_speed(power_nominal: Scalar, speed: Scalar) -> Float[Array, "..."]:
    """Power [W] at relative speed by the cube law, the system's resistance unchanged."""
    return jnp.asarray(power_nominal * jnp.asarray(speed) ** 3)

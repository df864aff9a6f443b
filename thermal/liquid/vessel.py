"""What a loop asks of its vessel: pressure before the pumps, and room for what warms up."""

from jaxtyping import Array, Float

from thermal.liquid.equations import GRAVITY
from thermal.moist_air import saturation_pressure
from thermal.properties import Fluid


def suction_head(
    p: Float[Array, "*shape"], T: Float[Array, "*shape"], fluid: Fluid
) -> Float[Array, "*shape"]:
    """Net positive suction head [m] at absolute pressure p [Pa] and temperature T [K].

        (p - p_vapour) / (rho g)

    The vapour pressure is that of water (Hyland and Wexler 1983): glycol in it only lowers it
    (Raoult's law), so that for mixtures the head is a little too low. ANSI/HI 9.6.1; the velocity
    head in the suction pipe is left out, which errs on the same side.
    """
    return (p - saturation_pressure(T)) / (fluid.density(T) * GRAVITY)


def expansion(
    fluid: Fluid,
    volume: float | Float[Array, "*shape"],
    T_cold: Float[Array, "*shape"],
    T_hot: Float[Array, "*shape"],
) -> Float[Array, "*shape"]:
    """Volume [m3] that `volume` of liquid filled at T_cold takes more at T_hot [K].

    That of the liquid alone: pipes that widen, a tenth of it in steel, are left out.
    """
    return volume * (fluid.density(T_cold) / fluid.density(T_hot) - 1.0)

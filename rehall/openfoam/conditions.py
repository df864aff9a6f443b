"""What each kind of patch asks of the fields: OpenFOAM's boundary conditions (v1912).

A condition is a mapping as it stands in a field's `boundaryField`. Every function returns the
conditions of T, U, p_rgh, k and epsilon; `fields.py` adds what follows from them (p, nut, alphat).
"""

from math import sqrt

from thermal.air.model import GRAVITY
from thermal.air.ports import INTENSITY, MIXING_LENGTH
from thermal.air.walls import TURBULENT_PRANDTL

Condition = dict[str, object]
Conditions = dict[str, Condition]

DRAWN_SPEED = 1.0
"""Speed that the turbulence of air drawn in from outdoors is sized by [m/s]."""
STEP = 0.5
"""Largest share of the new value that an outdoor pressure takes in one iteration [-]."""
RAMP = 100
"""Iterations until it takes that share: air at rest answers any pressure with a gale."""

FIXED_FLUX: Condition = {"type": "fixedFluxPressure", "value": "$internalField"}
ZERO_GRADIENT: Condition = {"type": "zeroGradient"}


def wall(T: Condition = ZERO_GRADIENT) -> Conditions:
    """A smooth wall with wall functions; adiabatic unless a condition for T is given."""
    return {
        "T": T,
        "U": {"type": "noSlip"},
        "p_rgh": FIXED_FLUX,
        "k": {"type": "kqRWallFunction", "value": "$internalField"},
        "epsilon": {"type": "epsilonWallFunction", "value": "$internalField"},
        "nut": {"type": "nutkWallFunction", "value": "uniform 0"},
        "alphat": {
            "type": "compressible::alphatWallFunction",
            "Prt": TURBULENT_PRANDTL,
            "value": "uniform 0",
        },
    }


def held(T: float) -> Condition:
    """A surface at a temperature [K]."""
    return {"type": "fixedValue", "value": f"uniform {T:.9g}"}


def conducting(U: float, T_outside: float) -> Condition:
    """A wall of this conductance behind its film [W/m2/K], its outside at a temperature [K]."""
    return {
        "type": "externalWallHeatFluxTemperature",
        "mode": "coefficient",
        "kappaMethod": "fluidThermo",
        "h": f"uniform {U:.9g}",
        "Ta": f"constant {T_outside:.9g}",
        "value": "$internalField",
    }


def heated(Q: float) -> Condition:
    """A surface that gives off Q [W], evenly over its area."""
    return {
        "type": "externalWallHeatFluxTemperature",
        "mode": "power",
        "kappaMethod": "fluidThermo",
        "Q": f"{Q:.9g}",
        "value": "$internalField",
    }


def heating(q: float) -> Condition:
    """A surface that gives off q [W/m2]."""
    return {
        "type": "externalWallHeatFluxTemperature",
        "mode": "flux",
        "kappaMethod": "fluidThermo",
        "q": f"uniform {q:.9g}",
        "value": "$internalField",
    }


def drawn(V_flow: float) -> Conditions:
    """Air leaves the domain at V_flow [m3/s], with one velocity over the patch."""
    return {
        "T": ZERO_GRADIENT,
        "U": {
            "type": "flowRateInletVelocity",
            "volumetricFlowRate": f"constant {-V_flow:.9g}",
            "value": "uniform (0 0 0)",
        },
        "p_rgh": FIXED_FLUX,
        "k": ZERO_GRADIENT,
        "epsilon": ZERO_GRADIENT,
    }


def supplied(m_flow: float, T: float, area: float) -> Conditions:
    """Air enters at m_flow [kg/s] and T [K] through `area` [m2]."""
    flow: Condition = {
        "type": "flowRateInletVelocity",
        "massFlowRate": f"constant {m_flow:.9g}",
        "rho": "rho",
        "rhoInlet": "1.2",
        "value": "uniform (0 0 0)",
    }
    return {"T": held(T), "U": flow, "p_rgh": FIXED_FLUX} | _blown(area)


def returned(intake: str, V_flow: float, A_intake: float, T: Condition, area: float) -> Conditions:
    """Air enters with the mass flow that leaves through the patch `intake`.

    The mass flow is that of V_flow [m3/s] at the mean density of the intake.
    """
    m_flow = f"m{{patch'{intake}}} = sum(rho*mag(face()))*{V_flow / A_intake:.9g}"
    flow: Condition = {
        "type": "exprFixedValue",
        "variables": f'("{m_flow}")',
        "valueExpr": '"-face()/mag(face())*m/sum(rho*mag(face()))"',
        "value": "uniform (0 0 0)",
    }
    return {"T": T, "U": flow, "p_rgh": FIXED_FLUX} | _blown(area)


def warmed(intake: str, Q: float) -> Condition:
    """Air comes out as it went in at `intake`, warmed by Q [W]: T_out = T_in + Q/(m cp)."""
    return {
        "type": "outletMappedUniformInletHeatAddition",
        "outletPatch": intake,
        "Q": f"{Q:.9g}",
        "TMin": "200",
        "TMax": "500",
        "value": "$internalField",
    }


def outdoor(loss: float, T: float, T_outdoor: float, pressure: float, R: float) -> Conditions:
    """Air comes and goes by the pressure difference to outdoors.

    Inflow loses 1 + `loss` dynamic heads, outflow `loss`; air enters at T [K]. Outdoors is a still
    column of air at T_outdoor [K] with `pressure` [Pa] at the floor; R [J/kg/K].
    """
    step = STEP / (1.0 + loss)
    ramp = f"{step:.9g}*(time() < {RAMP} ? pow(time()/{RAMP}, 2) : 1)"
    rho_outdoor = pressure / (R * T_outdoor)
    head = f"0.5*rho*un*un*(un > 0 ? {loss:.9g} : -{1.0 + loss:.9g})"
    column = f"{GRAVITY:.9g}*(rho - {rho_outdoor:.9g})*pos().z()"
    new = f"{pressure:.9g} + {column} + {head}"
    flow: Condition = {"type": "pressureInletOutletVelocity", "value": "uniform (0 0 0)"}
    level: Condition = {
        "type": "exprFixedValue",
        "variables": f'("un = (U & face())/mag(face())" "s = {ramp}")',
        "valueExpr": f'"p_rgh + s*({new} - p_rgh)"',
        "value": "$internalField",
    }
    k = 1.5 * (INTENSITY * DRAWN_SPEED) ** 2
    return {"T": _inlet_outlet(T), "U": flow, "p_rgh": level} | {
        "k": _inlet_outlet(k),
        "epsilon": _inlet_outlet(0.09**0.75 * k**1.5 / (MIXING_LENGTH * DRAWN_SPEED)),
    }


def tap(pressure: float, T: float) -> Conditions:
    """One face that holds the pressure level of a closed body of air [Pa]."""
    flow: Condition = {"type": "pressureInletOutletVelocity", "value": "uniform (0 0 0)"}
    level: Condition = {
        "type": "prghPressure",
        "p": f"uniform {pressure:.9g}",
        "value": f"uniform {pressure:.9g}",
    }
    return {
        "T": _inlet_outlet(T),
        "U": flow,
        "p_rgh": level,
        "k": ZERO_GRADIENT,
        "epsilon": ZERO_GRADIENT,
    }


def porous(loss: float) -> Conditions:
    """One side of a baffle with dp = loss rho/2 u|u|; the other side is its cyclic partner."""
    cyclic: Condition = {"type": "cyclic"}
    jump: Condition = {
        "type": "porousBafflePressure",
        "patchType": "cyclic",
        "D": "0",
        "I": f"{loss:.9g}",
        "length": "1",
        "jump": "uniform 0",
        "value": "$internalField",
    }
    names = ("T", "U", "k", "epsilon", "p", "nut", "alphat")
    return {"p_rgh": jump} | dict.fromkeys(names, cyclic)


def _blown(area: float) -> Conditions:
    """Turbulence of air blown out through `area` [m2]."""
    return {
        "k": {
            "type": "turbulentIntensityKineticEnergyInlet",
            "intensity": INTENSITY,
            "value": "$internalField",
        },
        "epsilon": {
            "type": "turbulentMixingLengthDissipationRateInlet",
            "mixingLength": MIXING_LENGTH * sqrt(area),
            "value": "$internalField",
        },
    }


def _inlet_outlet(value: float) -> Condition:
    return {
        "type": "inletOutlet",
        "inletValue": f"uniform {value:.9g}",
        "value": f"uniform {value:.9g}",
    }

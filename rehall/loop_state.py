"""One rack loop out of the solved circuits: numbers by its units and racks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehall.loop_model import LoopModel
from thermal.liquid.circuits import CircuitsModel, Places
from thermal.liquid.loop import pump_group, pump_names
from thermal.liquid.solve import CircuitsState

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LoopState:
    """A solved rack loop; arrays are by CDU or by rack. Temperatures in K, pressures in Pa."""

    m_flow_branch: Values  # [kg/s]
    m_flow_cdu: Values  # [kg/s]
    T_branch_in: Values
    T_branch_out: Values
    p_supply: Values  # at each rack, gauge
    p_return: Values
    heat_taken: Values  # from each rack [W]
    heat_unmet: Values  # that a rack cannot give off below T_max of the fluid [W]
    heat_cdu: Values  # to the facility water [W]
    heat_stored: float  # of pumps that nothing rejects [W]
    dp_pump: Values  # head left for the loop where each unit hangs, 0 of a stopped CDU
    speed: Values  # of full speed, 0 of a stopped CDU [-]
    pump_heat: Values  # hydraulic power [W]
    pump_power: Values  # electrical [W]
    T_supply: float  # of the racks, mixed
    T_return: float
    T_supply_cdu: Values
    T_return_cdu: Values  # where each draws
    T_facility_in: Values
    T_facility_out: Values  # of the water let through
    facility_share: Values  # of the available facility flow let through [-]
    p_suction_cdu: Values  # where each unit draws, gauge
    p_lowest: float  # in the loop, gauge
    p_highest: float  # in the loop, gauge
    residual: float  # largest relative violation of a hydraulic law, of all circuits [-]
    energy_residual: float
    converged: bool


def loop_state(
    loop: LoopModel, state: CircuitsState, powers: Values, model: CircuitsModel, places: Places
) -> LoopState:
    """A loop out of the state of all circuits; `powers` are those of the pumps by link [W]."""
    name, n = loop.spec.name, places.circuit[loop.spec.name]
    racks = np.array([places.link[name, item.name] for item in loop.racks], int)
    cdus = np.array([places.link[name, item.name] for item in loop.cdus], int)
    pumps = [[places.link[name, p] for p in pump_names(cdu)] for cdu in loop.loop.cdus]
    exchangers = np.array([places.exchanger[item.name] for item in loop.cdus], int)
    cold = np.array([places.link[loop.spec.facility, item.name] for item in loop.cdus], int)
    taps = loop.loop.taps
    supply, back = (
        np.array([places.node[name, taps[item.name][side]] for item in loop.racks], int)
        for side in (0, 1)
    )
    pushed, drawn = (
        np.array([places.node[name, taps[item.name][side]] for item in loop.cdus], int)
        for side in (0, 1)
    )
    p = np.asarray(state.p)
    m, on = np.abs(np.asarray(state.m_flow)), np.array([item.on for item in loop.cdus], float)
    pump_heat = np.array([np.asarray(state.pump_heat)[links].sum() for links in pumps])
    groups = [places.group[name, pump_group(loop.loop, cdu)] for cdu in loop.loop.cdus]
    speed = np.array([float(state.speed[network][k]) for network, k in groups])
    links = slice(*model.links[n])
    unmet = np.asarray(state.heat_unmet)
    share = np.asarray(state.valve_share)[exchangers]
    C_cold = m[cold] * float(state.cp[places.circuit[loop.spec.facility]])
    exchanged, T_cold = np.asarray(state.exchanged)[exchangers], np.asarray(state.T_in)[cold]
    through = np.where(C_cold * share > 0, C_cold * share, np.inf)
    heat = np.asarray(state.heat_taken)[links].sum()
    return LoopState(
        m_flow_branch=np.asarray(state.m_flow)[racks],
        m_flow_cdu=np.asarray(state.m_flow)[cdus],
        T_branch_in=np.asarray(state.T_in)[racks],
        T_branch_out=np.asarray(state.T_out)[racks],
        p_supply=p[supply],
        p_return=p[back],
        heat_taken=np.asarray(state.heat_taken)[racks],
        heat_unmet=unmet[racks],
        heat_cdu=exchanged,
        heat_stored=float(unmet[links].sum() - unmet[racks].sum()),
        dp_pump=on * (p[pushed] - p[drawn]),
        speed=on * speed,
        pump_heat=pump_heat,
        pump_power=np.array([powers[links].sum() for links in pumps]),
        T_supply=_mixed(m[racks], np.asarray(state.T_in)[racks]),
        T_return=_mixed(m[racks], np.asarray(state.T_out)[racks]),
        T_supply_cdu=np.asarray(state.T_out)[cdus],
        T_return_cdu=np.asarray(state.T)[drawn],
        T_facility_in=T_cold,
        T_facility_out=T_cold + exchanged / through,
        facility_share=share,
        p_suction_cdu=p[drawn],
        p_lowest=float(p[slice(*model.nodes[n])].min()),
        p_highest=float(p[slice(*model.nodes[n])].max()),
        residual=float(state.residual),
        energy_residual=float(state.energy_residual * heat / max(heat, 1.0)),
        converged=bool(state.converged),
    )


def _mixed(m_flow: Values, T: Values) -> float:
    """Temperature of what flows together; the plain mean where nothing flows [K]."""
    return float(np.average(T, weights=m_flow if m_flow.sum() > 1e-9 else None))

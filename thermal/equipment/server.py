"""IT equipment: power -> heat to air and to liquid, and the air its fans move."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from geometry.errors import Finding, InputError

Scalar = float | Float[Array, "..."]


@dataclass(frozen=True)
class FixedFlow:
    """The same air flow whatever the load: miners, fans at full speed."""

    V_flow: float  # [m3/s]


@dataclass(frozen=True)
class FlowPerPower:
    """Air flow in proportion to the power: fans that hold a temperature rise."""

    V_flow_per_watt: float  # [m3/(s W)]


@dataclass(frozen=True)
class FlowTable:
    """Air flow that follows the inlet temperature: linear between points, held beyond them."""

    T_inlet: tuple[float, ...]  # rising [K]
    V_flow: tuple[float, ...]  # [m3/s]


AirflowLaw = FixedFlow | FlowPerPower | FlowTable


@dataclass(frozen=True)
class Server:
    """A rack, chassis or miner as the hall sees it; all its power becomes heat."""

    name: str
    liquid_fraction: float  # share of the heat that goes to the coolant (0 to 1)
    airflow: AirflowLaw

    def __post_init__(self) -> None:
        """Refuse a share outside 0 to 1 and a table that does not rise."""
        if not 0.0 <= self.liquid_fraction <= 1.0:
            message = f"liquid fraction {self.liquid_fraction:g}; wanted 0 to 1"
            raise InputError([Finding(self.name, message)])
        if isinstance(self.airflow, FlowTable):
            _check_table(self.name, self.airflow)


class Heat(eqx.Module):
    """Where the heat goes [W]."""

    air: Float[Array, "*shape"]
    liquid: Float[Array, "*shape"]


def heat(server: Server, power: Scalar) -> Heat:
    """Heat to air and to liquid [W] of a server that takes `power` [W]."""
    power = jnp.asarray(power, float)
    return Heat((1.0 - server.liquid_fraction) * power, server.liquid_fraction * power)


def air_flow(server: Server, power: Scalar, T_inlet: Scalar) -> Float[Array, "..."]:
    """Air through the server [m3/s] at `power` [W] and inlet temperature [K]; none when off."""
    power, T_inlet = jnp.broadcast_arrays(jnp.asarray(power, float), jnp.asarray(T_inlet, float))
    law = server.airflow
    if isinstance(law, FlowPerPower):
        return law.V_flow_per_watt * power
    if isinstance(law, FixedFlow):
        running = jnp.full_like(power, law.V_flow)
    else:
        running = jnp.interp(T_inlet, jnp.asarray(law.T_inlet), jnp.asarray(law.V_flow))
    return jnp.where(power > 0.0, running, 0.0)


def _check_table(name: str, table: FlowTable) -> None:
    """Raise InputError unless the table has as many flows as rising temperatures."""
    pairs = zip(table.T_inlet, table.T_inlet[1:], strict=False)
    rising = all(lower < upper for lower, upper in pairs)
    if not table.T_inlet or len(table.T_inlet) != len(table.V_flow) or not rising:
        message = "air flow table; wanted rising inlet temperatures, each with one flow"
        raise InputError([Finding(f"{name}.airflow", message)])

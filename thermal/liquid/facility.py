"""A facility water loop: pumps, heat rejection and users in parallel -> Circuit."""

from dataclasses import dataclass

from thermal.liquid.circuits import Circuit
from thermal.liquid.parts import Control, Link, Node, PowerLaw, Pump
from thermal.properties import Fluid

SHUT_OFF = 1.25
"""Head at no flow over that at the rated flow, of a centrifugal pump that is known by one point;
1.1 to 1.3 is usual: ASHRAE Systems and Equipment (2020), ch. 44 (assumed) [-]."""

OUTSIDE_MIN = 0.05
"""Least share of the head that rejection and pipes lose at the rated flow (assumed) [-]."""

RETURN = 0.25
"""Share of that in the pipes of the return (assumed) [-]."""


@dataclass(frozen=True)
class User:
    """A coil or the facility side of a CDU, balanced to its nominal flow."""

    name: str
    V_flow_nominal: float  # [m3/s]


@dataclass(frozen=True)
class Facility:
    """Pumps of which `duty` deliver the rated flow at the rated head.

    At `dp_users` between supply and return every user has its nominal flow; what of the head is
    left at the rated flow is lost in the rejection and the pipes. With `held` the pumps slow down
    to hold that pressure there; else they turn at full speed. Pumps of the numbers `without_check`,
    from 1, let water back while they stand.
    """

    name: str
    fluid: Fluid
    T_supply: float  # [K]
    V_flow: float  # of the duty pumps [m3/s]
    head: float  # [Pa]
    users: tuple[User, ...]
    dp_users: float  # [Pa]
    held: bool = False
    pumps: int = 1
    duty: int = 1
    pressure: float = 0.0  # gauge, where the pumps draw [Pa]
    without_check: tuple[int, ...] = ()


def circuit(facility: Facility) -> Circuit:
    """Links and nodes: `rejection` from the pumps to the supply, `return`, `pump 1`, ..., users."""
    each, head = facility.V_flow / facility.duty, facility.head
    curve = tuple(each * share for share in (0.0, 0.5, 1.0))
    rise = tuple(head * (SHUT_OFF - (SHUT_OFF - 1.0) * share**2) for share in (0.0, 0.5, 1.0))
    pump = Pump(curve, rise, group=facility.name)
    together = sum(user.V_flow_nominal for user in facility.users)
    across = facility.dp_users * (facility.V_flow / together) ** 2
    outside = max(head - across, OUTSIDE_MIN * head)
    links = [
        Link(f"pump {n}", "return", "pumps", pump=pump, check=n not in facility.without_check)
        for n in range(1, facility.pumps + 1)
    ]
    links += [
        Link(name, *ends, losses=(PowerLaw(share * outside, facility.V_flow, 2.0),))
        for name, ends, share in (
            ("rejection", ("pumps", "supply"), 1.0 - RETURN),
            ("return", ("back", "return"), RETURN),
        )
    ]
    links += [
        Link(
            user.name,
            "supply",
            "back",
            losses=(PowerLaw(facility.dp_users, user.V_flow_nominal, 2.0),),
        )
        for user in facility.users
    ]
    nodes = (Node("return", pressure=facility.pressure), *map(Node, ("pumps", "supply", "back")))
    hold = Control(facility.name, facility.dp_users, "supply", "back")
    return Circuit(
        facility.name,
        facility.fluid,
        facility.T_supply,
        tuple(links),
        nodes,
        (hold,) if facility.held else (),
    )

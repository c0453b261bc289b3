"""A stand-in for Azure over real HTTP: estates, their timeline, and everything that can go wrong on the wire.

It imports nothing of the rest of the monitor, so that what it answers can never depend on what is being tested.
"""

from monitor.simulator import distortions, events
from monitor.simulator.catalogue import bundled_estates, parse_estate, resolve_estate
from monitor.simulator.estate import (
    Encryption,
    Estate,
    EstateError,
    ExternalNetwork,
    ManagementGroup,
    PeeringLink,
    PeeringSide,
    Route,
    RouteTable,
    Subnet,
    Subscription,
    Tenant,
    VirtualNetwork,
)
from monitor.simulator.events import Event, TimedEvent
from monitor.simulator.faults import (
    Body,
    Delay,
    Fault,
    Faults,
    Hang,
    Mutate,
    Reset,
    ResetMidBody,
    Status,
    Truncate,
    TruncateJson,
)
from monitor.simulator.generator import hub_spoke
from monitor.simulator.requestlog import RecordedRequest
from monitor.simulator.routes import Api
from monitor.simulator.server import Simulator

__all__ = [
    "Api",
    "Body",
    "Delay",
    "Encryption",
    "Estate",
    "EstateError",
    "Event",
    "ExternalNetwork",
    "Fault",
    "Faults",
    "Hang",
    "ManagementGroup",
    "Mutate",
    "PeeringLink",
    "PeeringSide",
    "RecordedRequest",
    "Reset",
    "ResetMidBody",
    "Route",
    "RouteTable",
    "Simulator",
    "Status",
    "Subnet",
    "Subscription",
    "Tenant",
    "TimedEvent",
    "Truncate",
    "TruncateJson",
    "VirtualNetwork",
    "bundled_estates",
    "distortions",
    "events",
    "hub_spoke",
    "parse_estate",
    "resolve_estate",
]

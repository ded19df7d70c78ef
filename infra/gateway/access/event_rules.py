"""Role x event type: the one table of who may send what about whom. What is not in it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from infra.gateway.access.principal import Principal
from infra.gateway.access.roles import Role
from schemas.emergency_mending import RAISED
from schemas.ownership import FACILITY_FIELDS


@dataclass(frozen=True, slots=True)
class Anything:
    """Any object inside its areas and domains."""

    def words(self) -> str:
        """For the page."""
        return "yes"


@dataclass(frozen=True, slots=True)
class Own:
    """Each of these fields of ``data`` names somebody the sender stands for. ``list.field`` looks into each member of a list."""

    fields: tuple[str, ...]

    def words(self) -> str:
        """For the page."""
        return "own " + ", ".join(f"`{name}`" for name in self.fields)

    def allows(self, sender: Principal, data: Mapping[str, Any]) -> bool:
        """Whether all of them do. A field that is absent names nobody."""
        return all(value in sender.stands_for for field in self.fields for value in _values(data, field))


@dataclass(frozen=True, slots=True)
class About:
    """This field of ``data`` names a request that the register knows the sender, or one it stands for, to be part of."""

    field: str

    def words(self) -> str:
        """For the page."""
        return f"its own requests, by `{self.field}`"


@dataclass(frozen=True, slots=True)
class Call:
    """A call for help. Nobody's is refused; one by a sender this rule does not know, or about others, is flagged for review."""

    fields: tuple[str, ...]

    def words(self) -> str:
        """For the page."""
        return "yes" if not self.fields else "own " + " or ".join(f"`{name}`" for name in self.fields) + "; another is flagged"

    def proves(self, sender: Principal, data: Mapping[str, Any]) -> bool:
        """Whether whoever the call names is somebody the sender speaks for."""
        named = [data[name] for name in self.fields if data.get(name) is not None]
        return not self.fields or (bool(named) and all(one in sender.stands_for for one in named))


Rule = Anything | Own | About | Call
Row = Mapping[Role, Rule]

F, R, D, P, O, C = Role.FACILITY, Role.RESPONDER, Role.DEVICE, Role.FAMILY, Role.OPERATOR, Role.OFFICE  # noqa: E741 - letters of a table
YES = Anything()


def _own(*fields: str) -> Own:
    return Own(fields)


def _places(event_type: str) -> Own:
    """The field in which a facility names itself (`schemas.ownership`)."""
    return Own((FACILITY_FIELDS[event_type],))


_BY_TYPE: dict[str, dict[Role, Rule]] = {
    "policy.published.v1": {C: YES},
    "task.completed.v1": {O: YES, C: YES},
    # meals
    "meals.provider.registered.v1": {C: YES},
    "meals.capacity.published.v1": {},
    "meals.provider.closed.v1": {C: YES},
    "meals.provider.reopened.v1": {C: YES},
    "meals.order.placed.v1": {P: _own("person_id"), O: YES, C: YES},
    "meals.order.cancelled.v1": {P: About("order_id"), O: YES, C: YES},
    "meals.order.overridden.v1": {O: YES},
    "meals.standing_order.placed.v1": {P: _own("person_id"), O: YES, C: YES},
    "meals.standing_order.paused.v1": {P: About("standing_order_id"), O: YES, C: YES},
    "meals.standing_order.stopped.v1": {P: About("standing_order_id"), O: YES, C: YES},
    "meals.delivery.reported.v1": {F: About("order_id"), O: YES},
    # emergency
    RAISED: {
        F: Call(()), R: Call(()), D: Call(("device_id",)), P: Call(("person_id",)), O: Call(()), C: Call(()),
    },
    "emergency.call.answered.v1": {O: _own("operator_id")},
    "emergency.call.taken_over.v1": {O: _own("operator_id")},
    "emergency.call.triaged.v1": {O: YES},
    "emergency.call.handed_over.v1": {O: YES},
    "emergency.call.closed.v1": {O: YES},
    "emergency.call.called_back.v1": {O: YES},
    "emergency.dispatch.overridden.v1": {O: YES},
    "emergency.dispatch.cancelled.v1": {O: YES},
    "emergency.contact.answered.v1": {P: _own("contact_id"), O: YES},
    "emergency.coverage.registered.v1": {C: YES},
    "emergency.coverage.ended.v1": {C: YES},
    "emergency.device.registered.v1": {C: YES},
    "emergency.device.retired.v1": {C: YES},
    "emergency.device.battery.v1": {D: _own("device_id")},
    "emergency.device.heartbeat.v1": {D: _own("device_id")},
    "emergency.dispatch.accepted.v1": {R: _own("responder_id"), O: YES},
    "emergency.dispatch.declined.v1": {R: _own("responder_id"), O: YES},
    "emergency.responder.arrived.v1": {R: _own("responder_id"), O: YES},
    "emergency.responder.positioned.v1": {R: _own("responder_id")},
    "emergency.responder.registered.v1": {C: YES},
    "emergency.responder.reported.v1": {R: _own("responder_id"), O: YES},
    "emergency.scene.checked_in.v1": {R: _own("responder_id"), O: YES},
    # beds
    "beds.facility.registered.v1": {C: YES},
    "beds.inventory.published.v1": {},
    "beds.admission.confirmed.v1": {},
    "beds.bed.vacated.v1": {},
    "beds.bed.cleaned.v1": {},
    "beds.facility.declined.v1": {F: About("application_id")},
    "beds.resident.transferred.v1": {},
    "beds.leave.started.v1": {F: About("application_id"), P: About("application_id"), C: YES},
    "beds.leave.ended.v1": {F: About("application_id"), P: About("application_id"), C: YES},
    "beds.application.submitted.v1": {P: _own("person_id"), O: YES, C: YES},
    "beds.application.reassessed.v1": {C: YES},
    "beds.application.withdrawn.v1": {P: About("application_id"), O: YES, C: YES},
    "beds.application.paused.v1": {P: About("application_id"), O: YES, C: YES},
    "beds.application.resumed.v1": {P: About("application_id"), O: YES, C: YES},
    "beds.offer.accepted.v1": {P: About("application_id"), O: YES, C: YES},
    "beds.offer.declined.v1": {P: About("application_id"), O: YES, C: YES},
    "beds.person.died.v1": {O: YES, C: YES},
    "beds.priority.approved.v1": {C: YES},
    "beds.allocation.overridden.v1": {O: YES, C: YES},
    "beds.extension.requested.v1": {F: About("application_id"), P: About("application_id"), O: YES, C: YES},
    # childcare
    "childcare.booking.requested.v1": {P: _own("family_id", "child_id"), O: YES, C: YES},
    "childcare.group.requested.v1": {P: _own("family_id", "children.child_id"), O: YES, C: YES},
    "childcare.booking.cancelled.v1": {P: About("booking_id"), O: YES, C: YES},
    "childcare.hold.confirmed.v1": {P: About("booking_id"), O: YES, C: YES},
    "childcare.extension.requested.v1": {F: About("booking_id"), P: About("booking_id"), O: YES, C: YES},
    "childcare.offer.accepted.v1": {P: About("booking_id"), O: YES, C: YES},
    "childcare.offer.declined.v1": {P: About("booking_id"), O: YES, C: YES},
    "childcare.child.checked_in.v1": {F: About("booking_id")},
    "childcare.child.checked_out.v1": {F: About("booking_id")},
    "childcare.pickup_persons.registered.v1": {P: _own("child_id"), O: YES, C: YES},
    "childcare.child.registered.v1": {C: YES},
    "childcare.entitlement.registered.v1": {C: YES},
    "childcare.site.registered.v1": {C: YES},
    "childcare.sessions.published.v1": {},
    "childcare.staffing.reported.v1": {},
    "childcare.site.closed.v1": {C: YES},
    "childcare.site.reopened.v1": {C: YES},
    "childcare.site.inspected.v1": {C: YES},
    "childcare.incident.reported.v1": {O: YES, C: YES},
}  # fmt: skip
"""Beside what facilities send of themselves, which `schemas.ownership` lists."""


def _table() -> dict[str, Row]:
    table: dict[str, Row] = {}
    for event_type, row in _BY_TYPE.items():
        cells: dict[Role, Rule] = dict(row)
        if event_type in FACILITY_FIELDS:
            cells[F] = _places(event_type)
        # A drill plays everybody's part, in its own area; a system of ours has asked its users itself.
        cells[Role.DRILL] = cells[Role.SYSTEM] = Call(()) if event_type == RAISED else YES
        table[event_type] = MappingProxyType(cells)
    return table


EVENT_RULES: Mapping[str, Row] = MappingProxyType(_table())
"""Event type to role to rule. What our own processes make (`infra.gateway.intake.FORBIDDEN_TYPES`) has no row: nobody may send it."""


def _values(data: Mapping[str, Any], field: str) -> list[object]:
    head, _, inner = field.partition(".")
    if not inner:
        return [data.get(head)]
    members = data.get(head)
    return [one.get(inner) for one in members if isinstance(one, dict)] if isinstance(members, list) and members else [None]

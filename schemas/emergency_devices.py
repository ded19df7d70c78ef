"""The words of what emergency rests on: devices at home, and the people who must be covered by them or by a contact plan.

Sources: E-R1 (coverage), E-R7 (contacts in listed order, access only after acceptance), E17, E19.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.envelope import Event
from schemas.primitives import CityPosition, Code, Id, Model

CONTACTS_MAX = 10
Minute = Annotated[int, Field(ge=0, le=1440, description="minute of the day in Shanghai")]


class DeviceRegistered(Model):
    """A device at a person's home; ``heartbeat_s`` is how often it says that it lives (policy when left out)."""

    device_id: Id
    kind: Code
    person_id: Id | None = None
    position: CityPosition | None = None
    heartbeat_s: Annotated[int, Field(ge=30, le=7 * 86_400)] | None = None


class DeviceHeartbeat(Model):
    """A device lives."""

    device_id: Id
    battery_percent: Annotated[int, Field(ge=0, le=100)] | None = None


class DeviceBattery(Model):
    """How full a device's battery is."""

    device_id: Id
    battery_percent: Annotated[int, Field(ge=0, le=100)]


class DeviceRetired(Model):
    """A device is no longer in use."""

    device_id: Id
    reason: Code


class Contact(Model):
    """A family contact by its opaque id, called only between these minutes of the day (over midnight when they fall)."""

    contact_id: Id
    from_minute: Minute = 0
    until_minute: Minute = 1440


class CoverageRegistered(Model):
    """Who must be covered, and by which plan (E-R1). ``access_id`` names a key safe or entry; what it opens is not here."""

    person_id: Id
    lives_alone: bool
    eligible: bool = True
    position: CityPosition | None = None
    contacts: Annotated[tuple[Contact, ...], Field(max_length=CONTACTS_MAX)] = ()
    access_id: Id | None = None

    @model_validator(mode="after")
    def _each_once(self) -> "CoverageRegistered":
        if len({contact.contact_id for contact in self.contacts}) != len(self.contacts):
            raise ValueError("contact_listed_twice")
        return self


class CoverageEnded(Model):
    """The person no longer needs covering."""

    person_id: Id
    reason: Code


class DeviceRegisteredEvent(Event):
    type: Literal["emergency.device.registered.v1"]
    data: DeviceRegistered


class DeviceHeartbeatEvent(Event):
    type: Literal["emergency.device.heartbeat.v1"]
    data: DeviceHeartbeat


class DeviceBatteryEvent(Event):
    type: Literal["emergency.device.battery.v1"]
    data: DeviceBattery


class DeviceRetiredEvent(Event):
    type: Literal["emergency.device.retired.v1"]
    data: DeviceRetired


class CoverageRegisteredEvent(Event):
    type: Literal["emergency.coverage.registered.v1"]
    data: CoverageRegistered


class CoverageEndedEvent(Event):
    type: Literal["emergency.coverage.ended.v1"]
    data: CoverageEnded


DEVICE_EVENTS: tuple[type[Event], ...] = (
    DeviceRegisteredEvent, DeviceHeartbeatEvent, DeviceBatteryEvent, DeviceRetiredEvent, CoverageRegisteredEvent, CoverageEndedEvent,
)  # fmt: skip

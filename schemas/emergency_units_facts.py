"""The facts of what emergency rests on: responders, devices, and the people who must be covered.

As in `schemas.emergency_facts`: a fact carries all that its readers need; instants are milliseconds since the epoch.
"""

from schemas.facts import Fact


class ResponderListed(Fact, fact="emergency.responder.listed.v1"):
    """The directory entry of a responder in force from now on; the position is its base."""

    responder_id: str
    kind: str
    lat: float
    lon: float
    skills: tuple[str, ...]
    max_travel_s: int | None


class ResponderStatusRecorded(Fact, fact="emergency.responder.status_recorded.v1"):
    """What a responder said of itself, with its position when it said one. ``watch_by_ms`` moves the next check of one that is on
    its way; None leaves it. Kept for planned work from ``reserved_from_ms`` until before ``reserved_until_ms``; None leaves that too."""

    responder_id: str
    status: str
    lat: float | None
    lon: float | None
    watch_by_ms: int | None
    reserved_from_ms: int | None = None
    reserved_until_ms: int | None = None


class ResponderLocated(Fact, fact="emergency.responder.located.v1"):
    """Where a responder is; ``watch_by_ms`` as in its status."""

    responder_id: str
    lat: float
    lon: float
    watch_by_ms: int | None


class DeviceListed(Fact, fact="emergency.device.listed.v1"):
    """A device in use. A sign of life is expected every ``window_ms``; the first by ``due_ms``."""

    device_id: str
    kind: str
    person_id: str | None
    lat: float | None
    lon: float | None
    window_ms: int
    due_ms: int


class DeviceHeard(Fact, fact="emergency.device.heard.v1"):
    """A sign of life; the next is due by ``due_ms``. ``recovered``: it had been missing."""

    device_id: str
    battery_percent: int | None
    due_ms: int
    recovered: bool


class DeviceBatteryRecorded(Fact, fact="emergency.device.battery_recorded.v1"):
    """How full the battery is; ``low`` by policy."""

    device_id: str
    battery_percent: int
    low: bool


class DeviceMissed(Fact, fact="emergency.device.missed.v1"):
    """No sign of life in time: step ``level`` of the ladder, looked at again at ``next_ms``, until it lives or is retired."""

    device_id: str
    person_id: str | None
    level: int
    silent_s: int
    next_ms: int


class DeviceRetiredFact(Fact, fact="emergency.device.retired.v1"):
    """No longer in use: nothing is expected of it."""

    device_id: str
    person_id: str | None
    reason: str


class CoverageRecorded(Fact, fact="emergency.coverage.recorded.v1"):
    """Who must be covered and by which contacts, in the order they are called; the n-th may be called from
    minute ``from_minutes[n]`` until ``until_minutes[n]`` of the day."""

    person_id: str
    lives_alone: bool
    eligible: bool
    lat: float | None
    lon: float | None
    contacts: tuple[str, ...]
    from_minutes: tuple[int, ...]
    until_minutes: tuple[int, ...]
    access_id: str | None


class CoverageEndedFact(Fact, fact="emergency.coverage.ended.v1"):
    """The person need not be covered any more."""

    person_id: str
    reason: str


class CoverageChanged(Fact, fact="emergency.coverage.changed.v1"):
    """An eligible person living alone is covered, or no longer (E-R1): by a living device or a contact plan. ``cause`` names the
    event: registered, ended, device_registered, device_retired, device_missed, device_heard."""

    person_id: str
    covered: bool
    cause: str

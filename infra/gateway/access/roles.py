"""The roles a token may be for."""

from enum import StrEnum


class Role(StrEnum):
    """What a token may be for. Wire names, never reused."""

    FACILITY = "facility"
    """A canteen, home or childcare site: publishes and answers for the providers it stands for."""
    RESPONDER = "responder"
    """One who is sent out to people."""
    DEVICE = "device"
    """A button or sensor: calls and lives."""
    FAMILY = "family"
    """A person, or a relative for the persons it stands for."""
    OPERATOR = "operator"
    """The desk: speaks for people on the telephone, steers incidents."""
    OFFICE = "office"
    """The street or district office and its workers: registers, publishes policy, assesses, approves."""
    AUDITOR = "auditor"
    """Reads, and does nothing."""
    DRILL = "drill"
    """The auditor process's drills: everything, in the drill's area only."""
    SYSTEM = "system"
    """A system of ours that has proved its own users and speaks for all of them."""

"""Why an emergency event is refused, which rule ruled a responder out, and why nobody was found. Wire names, never reused."""

from enum import StrEnum


class EmergencyReason(StrEnum):
    """Why an event is refused. `emergency.call.raised.v1` never is (E01)."""

    UNKNOWN_CALL = "unknown_call"
    CALL_CLOSED = "call_closed"
    CALL_OPEN = "call_open"
    """Called back before the incident was closed."""
    CALLED_BACK_ALREADY = "called_back_already"
    ANSWERED_ALREADY = "answered_already"
    NOT_AUTHORISED = "not_authorised"
    """Only the roles that policy names may stop, steer or close an incident (E05)."""
    UNKNOWN_RESPONDER = "unknown_responder"
    NOT_DISPATCHED = "not_dispatched"
    """This responder is not, or no longer, on this incident: a late answer changes nothing."""
    ACCEPTED_ALREADY = "accepted_already"
    ARRIVED_ALREADY = "arrived_already"
    NOT_ON_SCENE = "not_on_scene"
    ALREADY_THERE = "already_there"
    UNKNOWN_CONTACT = "unknown_contact"
    """Not the contact who was called last on this incident, or nobody was."""
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_PERSON = "unknown_person"


class EmergencyRule(StrEnum):
    """Which rule ruled a responder out (``why.rejected[].rule``)."""

    ENGAGED = "engaged"
    """On another incident (E09)."""
    BUSY = "busy"
    """Says it is on its way or at a scene, without an incident of ours."""
    OFF = "off"
    SKILL_MISSING = "skill_missing"
    STALE_POSITION = "stale_position"
    NO_FIX = "no_fix"
    """Registered, but it never said where it is."""
    IN_REST = "in_rest"
    PLANNED_WORK = "planned_work"
    """Kept for planned work: sent only when nobody else within the circle looked in can go."""
    DECLINED_BEFORE = "declined_before"
    NO_ANSWER_BEFORE = "no_answer_before"
    TOO_FAR_FOR_IT = "too_far_for_it"
    """Farther than its own longest travel."""
    CHOSEN_FOR_ANOTHER_ROLE = "chosen_for_another_role"
    AT_ANOTHER_SCENE = "at_another_scene"
    """With somebody who needs it: never taken away for another incident."""
    LATER_THAN_THE_FIRST = "later_than_the_first"
    """Could be taken from its incident too, and would be there later."""


class Shortfall(StrEnum):
    """Why a role of an incident has nobody (E7)."""

    NO_CANDIDATES = "no_candidates"
    OUTSIDE_RADIUS = "outside_radius"
    LOCATIONS_TOO_STALE = "locations_too_stale"
    NO_LOCATION_DATA = "no_location_data"
    NOT_STAFFED = "not_staffed"
    ALL_IN_REST = "all_in_rest"
    ALL_ENGAGED = "all_engaged"
    ALL_ASKED = "all_asked"
    SKILL_MISSING = "skill_missing"
    TOO_FAR_FOR_ALL = "too_far_for_all"
    NO_INCIDENT_POSITION = "no_incident_position"
    OPERATOR_CHOOSES = "operator_chooses"


class Review(StrEnum):
    """What a human should look at in a call that was taken as it came (``needs_review``), beside the names of dropped fields."""

    PERSON_MISSING = "person_missing"
    POSITION_MISSING = "position_missing"
    DEVICE_UNKNOWN = "device_unknown"
    DEVICE_SILENT = "device_silent"
    """Its heartbeats were missing before it called."""
    PERSON_DIFFERS = "person_differs"
    """The call names another person than the device's registration."""
    CALL_ID_REUSED = "call_id_reused"
    """This call id was closed before: the incident has a new one."""
    SENDER_NOT_PROVEN = "sender_not_proven"
    """The gateway could not prove who called, or whoever called spoke for somebody else: it may be anybody."""

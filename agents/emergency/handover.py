"""What another desk needs to take an incident over: a NENA EIDO shaped object, and the same for Chinese readers in codes (E20).

The shape follows NENA-STA-021.1 (EIDO-JSON): components with ``$id``, ``lastUpdateTimeStamp`` and references by ``$ref``. Nothing in
it names a person: the desk's adapter looks the opaque ids up where it may, and adds telephone numbers and addresses there. Registry
texts are our own codes where the standard's registries have none; the adapter of a desk that wants others maps them. Names and required
fields are held to the published schema by a test (`tests/agents/emergency/test_eido.py`).
"""

from typing import Any

from agents.emergency.state import Call
from schemas.journal import instant

AGENCY = "laoxiao"
EIDO_VERSION = "1.0"
DESKS = {"120": "medical", "110": "police", "119": "fire", "family": "family"}
PRIORITIES = {"life": 1, "urgent": 2, "help": 3}
"""1 the highest of five, as the standard counts."""


def eido(call: Call, area: str, by: str, to: str, now_ms: int) -> dict[str, Any]:
    """The incident as an Emergency Incident Data Object. ``by`` is the actor who hands over, ``to`` the desk."""
    stamp = instant(now_ms)
    agency = {"$ref": f"{AGENCY}:{area}"}
    updated: dict[str, Any] = {"lastUpdateTimeStamp": stamp, "updatedByAgencyReference": agency, "updatedByAgentReference": {"$ref": by}}
    incident_urn = f"urn:emergency:uid:incidentid:{call.call_id}:{AGENCY}"
    call_urn = f"urn:emergency:uid:callid:{call.call_id}:{AGENCY}"
    place: list[dict[str, Any]] = []
    if call.lat is not None and call.lon is not None:
        place = [
            {
                "$id": f"location:{call.call_id}",
                **updated,
                "locationTypeDescriptionRegistryText": "Caller",
                "locationByReferenceUrl": f"geo:{call.lat},{call.lon};crs=wgs84",
            }
        ]
    return {
        "$id": incident_urn,
        **updated,
        "eidoVersion": EIDO_VERSION,
        "issuingElementIdentification": f"{AGENCY}:{area}",
        "incidentComponent": {
            "$id": incident_urn,
            **updated,
            "internalIncidentId": call.call_id,
            "incidentTypeCommonRegistryText": call.kind,
            "incidentStatusCommonRegistryText": [call.state.value],
            "incidentCommonPriorityNumber": PRIORITIES.get(call.severity, 5),
            "locationReference": [{"$ref": part["$id"]} for part in place],
        },
        "callComponent": [
            {
                "$id": call_urn,
                **updated,
                "standardPrimaryCallType": "emergency",
                "direction": "incoming",
                "callStartTimestamp": instant(call.opened_ms),
                **({} if call.answered_ms is None else {"answerDate": instant(call.answered_ms)}),
                "callStateRegistryText": "callAnswered" if call.answered_ms is not None else "callRinging",
                "locationReference": [{"$ref": part["$id"]} for part in place],
                "personReference": [] if call.person_id is None else [{"$ref": call.person_id}],
            }
        ],
        "locationComponent": place,
        "personComponent": []
        if call.person_id is None
        else [{"$id": call.person_id, **updated, "personIncidentRoleRegistryText": ["Caller"], "callIdentifier": [call_urn]}],
        **_responders(call, updated, agency),
        "agencyComponent": [
            {
                "$id": f"{AGENCY}:{area}",
                **updated,
                "agencyRoleDescriptionRegistryText": ["CallReceiving", "Dispatching"],
                "agencyType": ["community_rescue"],
            },
            {"$id": f"desk:{to}", **updated, "agencyRoleDescriptionRegistryText": ["Receiving"], "agencyType": [DESKS[to]]},
        ],
        "agentComponent": [
            {"$id": by, **updated, "agentRoleRegistryText": ["CallTaker"], "agencyReference": agency},
            *(
                {"$id": f"agent:{responder_id}", **updated, "agentRoleRegistryText": ["Responder"], "agencyReference": agency}
                for responder_id in call.engaged
            ),
        ],
    }


def _responders(call: Call, updated: dict[str, Any], agency: dict[str, str]) -> dict[str, Any]:
    """Who was sent, and when each was asked: the components of resources and of dispatches."""
    return {
        "emergencyResourceComponent": [
            {
                "$id": responder_id,
                **updated,
                "emergencyResourceTypeCommonRegistryText": "Responder",
                "emergencyResourceName": responder_id,
                "resourceAttributeRegistryText": [engagement.role],
                "primaryUnitStatusRegistryText": engagement.leg.value,
                "secondaryUnitStatusRegistryText": [],
                "agentReference": [{"$ref": f"agent:{responder_id}"}],
                "activeOnIncidentId": call.call_id,
            }
            for responder_id, engagement in call.engaged.items()
        ],
        "dispatchComponent": [
            {
                "$id": f"dispatch:{call.call_id}:{responder_id}",
                **updated,
                # When it was dispatched is when this component was last true; the standard has no other place for it.
                "lastUpdateTimeStamp": instant(engagement.asked_ms),
                "agencyReference": agency,
                "emergencyResourceReference": [{"$ref": responder_id}],
            }
            for responder_id, engagement in call.engaged.items()
        ],
    }


def summary(call: Call, to: str, now_ms: int) -> dict[str, Any]:
    """The same for a screen in Chinese: codes and values under Chinese names, no free text; words of codes are the screen's."""
    return {
        "事件编号": call.call_id,
        "移交对象": to,
        "移交时间": instant(now_ms),
        "求助时间": instant(call.opened_ms),
        "求助方式": call.channel,
        "事件类别": call.kind,
        "紧急程度": call.severity,
        "求助人": call.person_id,
        "位置": None if call.lat is None else {"lat": call.lat, "lon": call.lon},
        "需核实": list(call.needs_review),
        "已派救援员": [
            {"救援员": responder_id, "角色": engagement.role, "进度": engagement.leg.value}
            for responder_id, engagement in call.engaged.items()
        ],
        "家属已接受": call.accepted_contact,
        "重复信号数": call.signals,
        "当前等级": call.level,
    }

"""The object handed to another desk, against the names and required fields of the published EIDO-JSON schema (NENA-STA-021.1,
repository NENA911/EIDO-JSON, ``Schema/openapi.yaml`` at 7f62055). Only names are held here; registries are deployments' own."""

from typing import Any

import pytest

from tests.agents.emergency.world import World, fact

COMMON = {"$id", "lastUpdateTimeStamp", "updatedByAgencyReference"}
OPTIONAL = {"updatedByAgentReference", "notesReference"}
REQUIRED: dict[str, set[str]] = {
    "": {"eidoVersion", "issuingElementIdentification", "agencyComponent"},
    "incidentComponent": {"incidentTypeCommonRegistryText"},
    "callComponent": {"callStateRegistryText", "standardPrimaryCallType", "direction", "callStartTimestamp"},
    "locationComponent": {"locationTypeDescriptionRegistryText"},
    "personComponent": {"personIncidentRoleRegistryText"},
    "emergencyResourceComponent": {
        "agentReference", "emergencyResourceTypeCommonRegistryText", "primaryUnitStatusRegistryText", "resourceAttributeRegistryText",
        "secondaryUnitStatusRegistryText",
    },
    "dispatchComponent": set(),
    "agencyComponent": {"agencyRoleDescriptionRegistryText", "agencyType"},
    "agentComponent": {"agentRoleRegistryText", "agencyReference"},
}  # fmt: skip
"""By component, beside the common ones."""
ALSO: dict[str, set[str]] = {
    "": set(REQUIRED) - {""},
    "incidentComponent": {"internalIncidentId", "incidentStatusCommonRegistryText", "incidentCommonPriorityNumber", "locationReference"},
    "callComponent": {"answerDate", "locationReference", "personReference"},
    "locationComponent": {"locationByReferenceUrl"},
    "personComponent": {"callIdentifier"},
    "emergencyResourceComponent": {"emergencyResourceName", "activeOnIncidentId"},
    "dispatchComponent": {"agencyReference", "emergencyResourceReference"},
    "agencyComponent": set(),
    "agentComponent": set(),
}
"""Optional names of the schema that we use."""
LISTS = {
    "incidentStatusCommonRegistryText", "locationReference", "personReference", "personIncidentRoleRegistryText", "callIdentifier",
    "agentReference", "resourceAttributeRegistryText", "secondaryUnitStatusRegistryText", "emergencyResourceReference",
    "agencyRoleDescriptionRegistryText", "agencyType", "agentRoleRegistryText",
}  # fmt: skip


def handed(*, known: bool, to: str) -> dict[str, Any]:
    """The object of an incident with a responder on the way; of one nobody knows anything about when not ``known``."""
    world = World()
    world.unit("r-1", 300)
    if known:
        world.press("k-1", "p-1")
        world.send("call.answered", call_id="k-1", operator_id="op-1")
    else:
        world.press("k-1", None, position=None)
    found: dict[str, Any] = fact(world.send("call.handed_over", call_id="k-1", to=to), "call.handed_over")["eido"]
    return found


def parts(eido: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every component with its name."""
    found = [("", eido)]
    for name, value in eido.items():
        if name.endswith("Component"):
            found += [(name, one) for one in (value if isinstance(value, list) else [value])]
    return found


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("to", ["120", "110", "119", "family"])
def test_every_component_has_what_the_schema_requires_and_no_name_that_it_does_not_know(to: str, known: bool) -> None:
    for name, part in parts(handed(known=known, to=to)):
        assert COMMON | REQUIRED[name] <= part.keys(), name
        assert part.keys() <= COMMON | OPTIONAL | REQUIRED[name] | ALSO[name], name
        for field in part.keys() & LISTS:
            assert isinstance(part[field], list), field
        assert all(value is not None for value in part.values()), "the schema knows no null"


def test_every_reference_leads_to_a_component_of_the_object() -> None:
    eido = handed(known=True, to="120")
    ids = {part["$id"] for _, part in parts(eido)}

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [value["$ref"]] if value.keys() == {"$ref"} else [one for inner in value.values() for one in references(inner)]
        return [one for inner in value for one in references(inner)] if isinstance(value, list) else []

    assert set(references(eido)) <= ids
    assert {"r-1", "agent:r-1", "p-1", "desk:120"} <= ids

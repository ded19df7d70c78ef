"""What operators, contacts, devices and offices send: one maker an event, for `world`."""

from random import Random
from typing import TYPE_CHECKING, Any

from tests.simulation.domains.port import Step

if TYPE_CHECKING:
    from tests.simulation.domains.emergency.world import EmergencyWorld

SLOW: dict[str, Any] = {
    "fix_age_s_max": 86_400, "repeat_s": 1800, "search_retry_s": 900, "triage_s": 600, "unserved_s": 900, "watch_s": 1200,
    "accept_s": 300, "check_in_s": 3600, "contact_wait_s": 300, "callback_repeat_s": 86_400, "heartbeat_s": 14_400,
}  # fmt: skip
"""A region that takes its time: its open incidents do not fill a run with reminders."""
PROTOCOL: dict[str, Any] = {
    "medical": [
        {
            "question": "conscious", "zh": "清醒吗", "en": "Awake",
            "answers": [
                {"answer": "yes", "zh": "是", "en": "Yes", "lowers_to": "urgent"},
                {"answer": "no", "zh": "否", "en": "No", "raises_to": "life", "needs": ["lifting"]},
            ],
        },
        {
            "question": "fallen", "zh": "跌倒了吗", "en": "Fallen",
            "answers": [
                {"answer": "yes", "zh": "是", "en": "Yes", "kind": "fall", "raises_to": "urgent", "needs": ["first_aid", "doctor"]},
                {"answer": "no", "zh": "否", "en": "No", "lowers_to": "help"},
            ],
        },
    ],
}  # fmt: skip
ASKED = (
    "conscious",
    "conscious",
    "breathing",
    "chest_pain",
    "fallen",
    "fallen",
    "help_only",
    "bleeding",
    "stands",
    "trapped",
    "over",
    "odd",
)
CHANGES: tuple[dict[str, Any], ...] = (
    {"circles_m": [300, 1500, 20_000], "rest_after_case_s": 0},
    {"stopgap": False, "merge_window_s": 3600, "merged_names_kept": 1},
    {"rest_excluded": True, "rest_after_case_s": 7200, "asked_kept": 1},
    {"ladder": [{"after_s": 5, "to": "first"}, {"after_s": 900, "to": "second", "silent": True}, {"after_s": 3600, "to": "third"}]},
    {"human_roles": ["operator"], "callback_s": 3600, "callback_not_for": []},
    {
        "signals": {"phone": {"kind": "fall", "severity": "help", "dispatch_at_once": True}},
        "mixes": {"fall": [{"role": "any", "count": 2}]},
    },
    {"speeds_cm_s": {"walk": 500, "ebike": 100}, "fix_age_s_max": 1800, "detour_percent": 200},
    {"coverage_units_min": 2, "contact_rounds": 1, "device_ladder_s": [3600, 7200], "heartbeats_missed_max": 1},
    {"protocol": PROTOCOL},
    {"no_such_parameter": 1},
)  # fmt: skip


# Who sits at the desk -----------------------------------------------------------------------------------------------------------


def actor(draw: Random) -> str:
    return draw.choice(("operator:op-1", "operator:op-2", "supervisor:s-1", "duty_manager:m-1", "device:d-0", "relative:p-9"))


def answer(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    data = {"call_id": world.call(draw, at_ms), "operator_id": "op-1", "silent": draw.random() < 0.2}
    return Step("emergency.call.answered.v1", data, actor(draw))


def triage(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    data: dict[str, Any] = {"call_id": world.call(draw, at_ms), "severity": draw.choice(("life", "urgent", "urgent", "help", "false"))}
    if draw.random() < 0.3:
        data["needs"] = draw.choice((["first_aid"], ["lifting", "doctor"], ["fire_safety"]))
    if draw.random() < 0.3:
        data["kind"] = draw.choice(("fall", "fire", "lost", "medical"))
    if draw.random() < 0.3:
        data["position"] = world.place(draw)
    if draw.random() < 0.5:
        asked = dict.fromkeys(draw.choice(ASKED) for _ in range(draw.randrange(1, 5)))
        data["answers"] = [{"question": one, "answer": draw.choice(("yes", "yes", "no", "unsure"))} for one in asked]
        if draw.random() < 0.2:
            data["severity_reason"] = "seen_on_video"
    return Step("emergency.call.triaged.v1", data, actor(draw))


def take(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    control = draw.choice(("manual", "manual", "automatic"))
    data = {"call_id": world.call(draw, at_ms), "operator_id": "op-2", "reason": "熟悉情况", "control": control}
    return Step("emergency.call.taken_over.v1", data, actor(draw))


def override(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    data = {"call_id": world.call(draw, at_ms), "responder_id": world.unit(draw), "reason": "电话确认"}
    return Step("emergency.dispatch.overridden.v1", data, actor(draw))


def call_off(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    call_id = world.call(draw, at_ms)
    data = {"call_id": call_id, "responder_id": world.unit(draw, call_id), "reason": "不需要"}
    return Step("emergency.dispatch.cancelled.v1", data, actor(draw))


def hand(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    data: dict[str, Any] = {"call_id": world.call(draw, at_ms), "to": draw.choice(("120", "110", "119", "family"))}
    if draw.random() < 0.5:
        data["reference"] = "x-1"
    return Step("emergency.call.handed_over.v1", data, actor(draw))


def close(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    """Of what is not known to be closed the oldest, or any."""
    over = {call_id for _, call_id in world.closed}
    left = sorted(one for one in world.calls if one[0] <= at_ms and one[1] not in over)
    call_id = left[0][1] if left and draw.random() < 0.7 else world.call(draw, at_ms)
    world.closed.append((at_ms, call_id))
    outcome = draw.choice(("rescued", "helped", "false", "test", "duplicate", "unfounded"))
    return ended(call_id, outcome, draw.choice(("operator:op-1",) * 4 + (actor(draw),)))


def ended(call_id: str, outcome: str, actor: str) -> Step:
    return Step("emergency.call.closed.v1", {"call_id": call_id, "outcome": outcome}, actor)


def call_back(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    data = {"call_id": world.call(draw, at_ms, world.closed), "outcome": "helped"}
    return Step("emergency.call.called_back.v1", data, actor(draw))


# Who else ----------------------------------------------------------------------------------------------------------------------


def contact(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    result = draw.choice(("accepted", "declined", "no_answer"))
    data = {"call_id": world.call(draw, at_ms), "contact_id": f"c-{draw.randrange(3)}", "result": result}
    return Step("emergency.contact.answered.v1", data, f"contact:{data['contact_id']}")


def device(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    device_id = number if isinstance(number, str) and number in world.devices else draw.choice(world.devices)
    data: dict[str, Any] = {"device_id": device_id, "kind": "button"}
    if draw.random() < 0.8:
        data["person_id"] = draw.choice(world.people)
    if draw.random() < 0.5:
        data["position"] = world.place(draw)
    if draw.random() < 0.5:
        data["heartbeat_s"] = draw.choice((1800, 7200))
    return Step("emergency.device.registered.v1", data, f"device:{device_id}")


def heartbeat(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    data: dict[str, Any] = {"device_id": draw.choice((*world.devices, "d-unknown"))}
    if draw.random() < 0.3:
        data["battery_percent"] = draw.choice((5, 20, 21, 90))
    return Step("emergency.device.heartbeat.v1", data, f"device:{data['device_id']}")


def battery(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    data = {"device_id": draw.choice(world.devices), "battery_percent": draw.choice((0, 20, 21, 80))}
    return Step("emergency.device.battery.v1", data, f"device:{data['device_id']}")


def retire(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("emergency.device.retired.v1", {"device_id": draw.choice(world.devices), "reason": "broken"}, "operator:op-1")


def covered(world: "EmergencyWorld", draw: Random, person_id: str) -> Step:
    hours = ((0, 1440), (0, 1440), (480, 1320), (1320, 480))
    contacts = []
    for number in draw.sample(range(3), draw.randrange(4)):
        since, until = draw.choice(hours)
        contacts.append({"contact_id": f"c-{number}", "from_minute": since, "until_minute": until})
    data: dict[str, Any] = {"person_id": person_id, "lives_alone": draw.random() < 0.7, "contacts": contacts}
    if draw.random() < 0.2:
        data["eligible"] = False
    if draw.random() < 0.6:
        data["access_id"] = f"box-{person_id}"
    if draw.random() < 0.6:
        data["position"] = world.place(draw)
    return Step("emergency.coverage.registered.v1", data, "operator:op-1")


def cover(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    return covered(world, draw, draw.choice(world.people))


def uncover(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("emergency.coverage.ended.v1", {"person_id": draw.choice(world.people), "reason": "moved"}, "operator:op-1")


def published(world: "EmergencyWorld", version: str, parameters: dict[str, Any]) -> Step:
    data = {
        "policy": "emergency", "version": f"{world.name}/{version}", "in_force_from": "2026-01-01", "parameters": parameters,
        "source": "simulated",
    }  # fmt: skip
    return Step("policy.published.v1", data, "office:o-1")


def policy(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    step = published(world, str(number), {**(SLOW if world.slow else {}), **draw.choice(CHANGES)})
    # What holds is the latest start that has come, then the higher name.
    return Step(step.event_type, {**step.data, "in_force_from": draw.choice(("2026-01-01", world.day))}, step.actor)


def task(world: "EmergencyWorld", draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("task.completed.v1", {"domain": "emergency", "task_id": f"task-{number}", "result": "done"}, "operator:op-1")

"""The documented defaults of the emergency policy, written again from the features page and its parameters' documentation."""

from typing import Any

from infra.checkers import fold
from infra.checkers.civil import parameters_in_force

Parameters = dict[str, Any]
Role = tuple[str, ...]
"""A role of a mix: its name, then the skills it asks for."""
DEFAULT_VERSION = "default/1"
GRAVITY = ("life", "urgent", "help")
"""Severities that call somebody, gravest first."""

SIGNALS: dict[str, tuple[str, str, bool]] = {
    "button": ("medical", "life", True),
    "fall": ("fall", "life", True),
    "smoke": ("fire", "life", True),
    "no_motion": ("medical", "urgent", True),
    "phone": ("medical", "urgent", False),
    "operator": ("medical", "urgent", True),
    "unknown": ("medical", "life", True),
}
"""Channel to kind, severity, and whether responders go before triage (E-R4)."""
MIXES: dict[str, list[dict[str, Any]]] = {
    "medical": [{"role": "first_aid", "skills": ["first_aid"]}],
    "fall": [{"role": "first_aid", "skills": ["first_aid"]}, {"role": "lifting", "skills": ["lifting"]}],
    "fire": [{"role": "fire_watch", "skills": ["fire_safety"]}, {"role": "first_aid", "skills": ["first_aid"]}],
}
KINDS: dict[str, dict[str, Any]] = {
    "volunteer": {"mode": "walk"},
    "neighbour": {"mode": "walk"},
    "community_worker": {"mode": "ebike"},
    "nurse": {"mode": "ebike"},
    "security": {"mode": "ebike"},
    "rescue_car": {"mode": "car"},
    "station": {"mode": "ebike", "fix_age_s_max": 86_400},
}
EFFECTS: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    "medical": {
        "conscious": {"yes": {}, "no": {"raises_to": "life"}, "unsure": {"raises_to": "urgent"}},
        "breathing": {"yes": {}, "no": {"raises_to": "life"}, "unsure": {"raises_to": "urgent"}},
        "chest_pain": {"yes": {"raises_to": "life"}, "no": {}, "unsure": {}},
        "fallen": {"yes": {"kind": "fall"}, "no": {}, "unsure": {}},
        "help_only": {"yes": {"lowers_to": "help"}, "no": {}, "unsure": {}},
    },
    "fall": {
        "conscious": {"yes": {}, "no": {"raises_to": "life"}, "unsure": {"raises_to": "urgent"}},
        "bleeding": {"yes": {"raises_to": "life"}, "no": {}, "unsure": {}},
        "head_hit": {"yes": {"raises_to": "life"}, "no": {}, "unsure": {"raises_to": "urgent"}},
        "stands": {"yes": {"lowers_to": "help"}, "no": {}, "unsure": {}},
    },
    "fire": {
        "trapped": {"yes": {"raises_to": "life"}, "no": {}, "unsure": {}},
        "breathed_smoke": {"yes": {"raises_to": "life", "needs": ["first_aid"]}, "no": {}, "unsure": {}},
        "over": {"yes": {"lowers_to": "urgent"}, "no": {}, "unsure": {}},
    },
}
"""What an operator asks by kind, and what each answer does (E18)."""
PROTOCOL: dict[str, list[dict[str, Any]]] = {
    kind: [
        {"question": question, "answers": [{"answer": answer, **effect} for answer, effect in answers.items()]}
        for question, answers in questions.items()
    ]
    for kind, questions in EFFECTS.items()
}
DEFAULTS: Parameters = {
    "signals": {}, "mixes": MIXES, "protocol": PROTOCOL, "stopgap": True, "merge_window_s": 300, "merged_names_kept": 32,
    "ladder": [
        {"after_s": 10, "to": "second_seat"}, {"after_s": 30, "to": "supervisor"},
        {"after_s": 60, "to": "duty_manager", "silent": True, "suggests": "desk_120"},
    ],
    "first_seat": "first_seat", "repeat_s": 60, "triage_s": 60, "unserved_s": 60, "review_s": 1800,
    "kinds": KINDS, "speeds_cm_s": {"walk": 130, "ebike": 420, "car": 600}, "walk_speed_cm_s": 130, "detour_percent": 130,
    "fix_age_s_max": 300, "circles_m": [1000, 2000, 5000], "rest_after_case_s": 900, "rest_excluded": False, "accept_s": 60,
    "watch_s": 180, "unheard_max": 3, "check_in_s": 900, "search_retry_s": 30, "suggest_preemption": True, "asked_kept": 200,
    "coverage_radius_m": 2000, "coverage_units_min": 1, "move_up_radius_m": 6000, "contact_wait_s": 30, "contact_rounds": 2,
    "human_roles": ["operator", "supervisor", "duty_manager"], "callback_s": 86_400, "callback_repeat_s": 14_400,
    "callback_not_for": ["test", "duplicate"], "heartbeat_s": 3600, "heartbeats_missed_max": 3, "device_ladder_s": [86_400],
    "battery_low_percent": 20,
}  # fmt: skip


def in_force(area: fold.Area, now_ms: int) -> Parameters:
    """The parameters that hold in this area on this day."""
    return parameters_in_force(area.policies, "emergency", DEFAULTS, now_ms)


def version_in_force(area: fold.Area, now_ms: int) -> str:
    """The name of that version."""
    found = parameters_in_force([{**one, "parameters": {"": one["version"]}} for one in area.policies], "emergency", {}, now_ms)
    return str(found.get("", DEFAULT_VERSION))


def of_version(area: fold.Area, version: str) -> Parameters:
    """The parameters of a version that was adopted, over the defaults: what an incident runs on until it ends."""
    return next((DEFAULTS | one["parameters"] for one in area.policies if one["version"] == version), DEFAULTS)


def signal(policy: Parameters, channel: str) -> tuple[str, str, bool]:
    """Kind, severity and whether somebody goes at once, for a signal of this channel."""
    own = policy["signals"].get(channel)
    return SIGNALS[channel] if own is None else (own["kind"], own["severity"], own["dispatch_at_once"])


def mix(policy: Parameters, kind: str, needs: tuple[str, ...] = ()) -> list[Role]:
    """Who must come to an incident of this kind (E6), with what was asked for beyond."""
    wanted = policy["mixes"].get(kind, [{"role": "responder"}])
    roles: list[Role] = [(one["role"], *one.get("skills", ())) for one in wanted for _ in range(one.get("count", 1))]
    skills = {skill for role in roles for skill in role[1:]}
    return roles + [(need, need) for need in dict.fromkeys(needs) if need not in skills]


def speed_cm_s(policy: Parameters, kind: str) -> int:
    """How fast this kind of responder is; a kind or a mode that nobody names walks."""
    mode = policy["kinds"].get(kind, {"mode": "walk"})["mode"]
    return int(policy["speeds_cm_s"].get(mode, policy["walk_speed_cm_s"]))


def travel_s(policy: Parameters, kind: str, distance_m: float) -> float:
    """Seconds on the way: the great circle, the detour, the speed; not rounded."""
    return distance_m * float(policy["detour_percent"]) / speed_cm_s(policy, kind)


def fix_age_ms(policy: Parameters, kind: str) -> int:
    """How old a position of this kind may be."""
    own = policy["kinds"].get(kind, {}).get("fix_age_s_max")
    return 1000 * int(policy["fix_age_s_max"] if own is None else own)

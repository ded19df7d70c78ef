"""The parameters of emergency, each with its default and the source it rests on; [O] is the project's own suggestion.

An area publishes its own values with `policy.published.v1`; what it leaves out keeps the default. An incident runs on the version
it was opened under until it ends, so a change never moves a timer that is running.
"""

from functools import cached_property

from pydantic import Field, model_validator

from agents.emergency.protocol import PROTOCOL, QUESTIONS_MAX, Parameters, Protocol
from agents.shared.travel import Travel, Way
from schemas.emergency import CallChannel, Severity
from schemas.primitives import Code

ROLE_STOPGAP = "stopgap"
"""The role of one who is sent because nobody with the skills could be found; it fills no role of the mix."""
ROLE_OVERRIDE = "override"
"""The role of one an operator sends beyond the mix."""


class SignalRule(Parameters):
    """What a signal of one channel is taken for until a human has judged it."""

    kind: Code = Field(description="incident kind: chooses the mix")
    severity: Code = Field(description="life, urgent or help")
    dispatch_at_once: bool = Field(description="responders go before anybody has answered")

    @model_validator(mode="after")
    def _calls_somebody(self) -> "SignalRule":
        if self.severity not in (Severity.LIFE, Severity.URGENT, Severity.HELP):
            raise ValueError("bad_severity")
        return self


SIGNALS: dict[str, SignalRule] = {
    "button": SignalRule(kind="medical", severity="life", dispatch_at_once=True),
    "fall": SignalRule(kind="fall", severity="life", dispatch_at_once=True),
    "smoke": SignalRule(kind="fire", severity="life", dispatch_at_once=True),
    "no_motion": SignalRule(kind="medical", severity="urgent", dispatch_at_once=True),
    "phone": SignalRule(kind="medical", severity="urgent", dispatch_at_once=False),
    "operator": SignalRule(kind="medical", severity="urgent", dispatch_at_once=True),
    "unknown": SignalRule(kind="medical", severity="life", dispatch_at_once=True),
}
"""E-R4 [P Sovereign]: every alarm is an emergency until proved not. Which signals go at once is [O]."""


class Role(Parameters):
    """So many responders with all these skills."""

    role: Code
    skills: tuple[Code, ...] = Field(default=(), max_length=8)
    count: int = Field(default=1, ge=1, le=5)


MIXES: dict[str, tuple[Role, ...]] = {
    "medical": (Role(role="first_aid", skills=("first_aid",)),),
    "fall": (Role(role="first_aid", skills=("first_aid",)), Role(role="lifting", skills=("lifting",))),
    "fire": (Role(role="fire_watch", skills=("fire_safety",)), Role(role="first_aid", skills=("first_aid",))),
}
"""Required mix by incident kind (E6); no source gives one for community rescue: [O]. Any other kind needs one responder."""


class KindRule(Parameters):
    """How one kind of responder travels, and how long its position counts (None: the area's own limit)."""

    mode: Code
    fix_age_s_max: int | None = Field(default=None, ge=10, le=7 * 86400)


KINDS: dict[str, KindRule] = {
    "volunteer": KindRule(mode="walk"),
    "neighbour": KindRule(mode="walk"),
    "community_worker": KindRule(mode="ebike"),
    "nurse": KindRule(mode="ebike"),
    "security": KindRule(mode="ebike"),
    "rescue_car": KindRule(mode="car"),
    "station": KindRule(mode="ebike", fix_age_s_max=86400),
}
"""[O]. ``station`` is a manned post that does not move: its position counts for a day."""
SPEEDS_CM_S = {"walk": 130, "ebike": 420, "car": 600}
"""Brisk walk, e-bike and car in town: [O]. An unknown mode or kind is taken for a walker, who promises least."""


class LadderStep(Parameters):
    """One escalation level: who is told so long after the incident was opened, and whether it then counts as silent."""

    after_s: int = Field(ge=1, le=3600)
    to: Code
    silent: bool = Field(default=False, description="nobody has answered: from here on a life emergency (E14)")
    suggests: Code | None = Field(default=None, description="the desk to hand over to (E-R6: no reply -> medical rescue)")


LADDER = (
    LadderStep(after_s=10, to="second_seat"),
    LadderStep(after_s=30, to="supervisor"),
    LadderStep(after_s=60, to="duty_manager", silent=True, suggests="desk_120"),
)
"""E-R9 [O]: unanswered 10 s -> second seat; 30 s -> supervisor; 60 s -> treated as a silent emergency (E-R6 [P 安康通])."""


class EmergencyParameters(Parameters):
    """All parameters of the ``emergency`` policy."""

    signals: dict[Code, SignalRule] = Field(default=SIGNALS, description="by channel; a channel left out keeps its default")
    mixes: dict[Code, tuple[Role, ...]] = Field(default=MIXES, max_length=50, description="by incident kind (E6)")
    stopgap: bool = Field(default=True, description="nobody with the skills: send the nearest anybody, and go on looking [O]")
    merge_window_s: int = Field(default=300, ge=0, le=86400, description="repeats of one person or device join, from the first signal [O]")
    merged_names_kept: int = Field(default=32, ge=0, le=1000, description="call ids of merged signals known per incident [O]")

    protocol: Protocol = Field(default=PROTOCOL, max_length=50, description="by incident kind (E18) [O]")

    ladder: tuple[LadderStep, ...] = Field(default=LADDER, min_length=1, max_length=10, description="E-R9 [O]")
    first_seat: Code = Field(default="first_seat", description="who is called at level 0 [O]")
    repeat_s: int = Field(default=60, ge=5, le=3600, description="the last level is repeated, for ever (E03) [O]")
    triage_s: int = Field(default=60, ge=5, le=3600, description="answered -> judged (E-R3 [P NFPA 1225: 60 s])")
    unserved_s: int = Field(default=60, ge=5, le=3600, description="judged, and not every role has accepted [O]")
    review_s: int = Field(default=1800, ge=30, le=86400, description="in human hands: a human act at least so often; two check-ins [O]")

    kinds: dict[Code, KindRule] = Field(default=KINDS, max_length=100, description="responder kind -> mode [O]")
    speeds_cm_s: dict[Code, int] = Field(default=SPEEDS_CM_S, max_length=20, description="by mode, centimetres a second [O]")
    walk_speed_cm_s: int = Field(default=130, ge=10, le=1000, description="of a mode or kind that is not named [O]")
    detour_percent: int = Field(default=130, ge=100, le=500, description="way on the ground over great circle [O]")
    fix_age_s_max: int = Field(default=300, ge=10, le=86400, description="older positions are excluded (E-R10 [O]; Resgrid 1800)")
    circles_m: tuple[int, ...] = Field(default=(1000, 2000, 5000), min_length=1, max_length=10, description="E-R9 [O]; E-R2: <= 5 km")
    rest_after_case_s: int = Field(default=900, ge=0, le=86400, description="rest after an incident (Resgrid <= 1440 min) [O]")
    rest_excluded: bool = Field(default=False, description="one in rest is never sent; else last (E-R10 [P Resgrid])")
    accept_s: int = Field(default=60, ge=5, le=3600, description="accept, else the next and wider (E-R9 [O])")
    watch_s: int = Field(default=180, ge=10, le=3600, description="no position on the way -> check (E-R9 [O])")
    unheard_max: int = Field(default=3, ge=1, le=100, description="so often unheard -> replaced [O]")
    check_in_s: int = Field(default=900, ge=30, le=7200, description="scene check-in (E-R9 [O])")
    search_retry_s: int = Field(default=30, ge=5, le=3600, description="nobody found -> looked for again [O]")
    suggest_preemption: bool = Field(
        default=True,
        description="a life emergency with nobody free: whom an operator could take from a lesser one (never by rule) [O]",
    )
    asked_kept: int = Field(default=200, ge=1, le=10000, description="responders known to have said no, per incident [O]")

    coverage_radius_m: int = Field(default=2000, ge=0, le=20000, description="after a pick: who is left around its base (E11) [O]")
    coverage_units_min: int = Field(default=1, ge=0, le=20, description="so many should be; 0 switches the check off [O]")
    move_up_radius_m: int = Field(default=6000, ge=0, le=50000, description="from how far one may move up [O]")

    contact_wait_s: int = Field(default=30, ge=5, le=600, description="a contact's time to accept [O]")
    contact_rounds: int = Field(default=2, ge=0, le=10, description="the list is called twice (E-R7 [P Acticheck])")

    human_roles: tuple[Code, ...] = Field(
        default=("operator", "supervisor", "duty_manager"), min_length=1, max_length=20, description="who may stop, steer, close (E05) [O]"
    )
    callback_s: int = Field(default=86400, ge=60, le=7 * 86400, description="call-back within a day (E-R9 [O]; E22 [P 闵行 100 %])")
    callback_repeat_s: int = Field(default=14400, ge=60, le=7 * 86400, description="a missed one is asked for again [O]")
    callback_not_for: tuple[Code, ...] = Field(default=("test", "duplicate"), max_length=6, description="outcomes without call-back [O]")

    heartbeat_s: int = Field(default=3600, ge=30, le=7 * 86400, description="of a device that names none [O]")
    heartbeats_missed_max: int = Field(default=3, ge=1, le=100, description="so many in a row missing -> maintenance [O]")
    device_ladder_s: tuple[int, ...] = Field(
        default=(86400,), min_length=1, max_length=10, description="between reminders; last repeats [O]"
    )
    battery_low_percent: int = Field(default=20, ge=0, le=100, description="from here down -> maintenance [O]")

    memory_days: int = Field(default=15, ge=1, le=400, description="ended incidents are known so long [O]")
    seen_memory_s: int = Field(default=3 * 86400, ge=3600, description="answered event ids; longer than any client's retry [O]")

    @model_validator(mode="after")
    def _consistent(self) -> "EmergencyParameters":
        if not self.signals.keys() <= {channel.value for channel in CallChannel}:
            raise ValueError("unknown_channel")
        if list(self.circles_m) != sorted(set(self.circles_m)) or not 0 < self.circles_m[0] <= self.circles_m[-1] <= 50_000:
            raise ValueError("circles_not_rising")
        if any(not 10 <= speed <= 5000 for speed in self.speeds_cm_s.values()):
            raise ValueError("bad_speed")
        times = [step.after_s for step in self.ladder]
        if times != sorted(set(times)):
            raise ValueError("ladder_not_rising")
        if any(not 60 <= wait_s <= 30 * 86400 for wait_s in self.device_ladder_s):
            raise ValueError("bad_device_ladder")
        if any(len(mix) > 8 for mix in self.mixes.values()):
            raise ValueError("mix_too_large")
        for questions in self.protocol.values():
            if len(questions) > QUESTIONS_MAX:
                raise ValueError("too_many_questions")
            if len({one.question for one in questions}) != len(questions):
                raise ValueError("question_listed_twice")
        return self

    @cached_property
    def travel(self) -> Travel:
        """Mode and speed of every kind."""
        ways = {kind: self._way(rule.mode, rule.fix_age_s_max) for kind, rule in self.kinds.items()}
        return Travel(self.detour_percent, ways, self._way("walk", None))

    def _way(self, mode: str, fix_age_s_max: int | None) -> Way:
        age_s = self.fix_age_s_max if fix_age_s_max is None else fix_age_s_max
        return Way(mode, self.speeds_cm_s.get(mode, self.walk_speed_cm_s), age_s * 1000)

    def signal(self, channel: str) -> SignalRule:
        """What a signal of this channel is taken for."""
        return self.signals.get(channel) or SIGNALS[channel]

    def mix(self, kind: str, needs: tuple[str, ...] = ()) -> tuple[tuple[str, ...], ...]:
        """The required mix: ``(role, skill...)`` for each responder; needs that no role covers are roles of their own."""
        roles = [(role.role, *role.skills) for role in self.mixes.get(kind, (Role(role="responder"),)) for _ in range(role.count)]
        covered = {skill for role in roles for skill in role[1:]}
        roles += [(need, need) for need in dict.fromkeys(needs) if need not in covered]
        return tuple(roles)

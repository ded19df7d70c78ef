"""The questions an operator asks: answers raise or lower a priority, his own reason stands above them, and none stops the chain (E18)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.emergency.policy import EmergencyParameters
from agents.emergency.protocol import GRAVEST_FIRST, PROTOCOL, derived
from agents.emergency.snapshot import dump, load
from schemas.emergency import CallTriaged, Severity, TriageAnswer
from tests.agents.emergency.world import AREA, World, fact, types

QUESTIONS = {
    "medical": [
        {
            "question": "talks",
            "zh": "能说话吗",
            "en": "Talks",
            "answers": [
                {"answer": "yes", "zh": "是", "en": "Yes", "lowers_to": "help"},
                {"answer": "no", "zh": "否", "en": "No", "raises_to": "life", "kind": "fall", "needs": ["doctor"]},
            ],
        }
    ]
}


def said(**answers: str) -> list[dict[str, str]]:
    return [{"question": question, "answer": answer} for question, answer in answers.items()]


def spoken(channel: str = "phone", *, silent: bool = False) -> World:
    """Somebody called, and an operator took the call."""
    world = World()
    world.unit("r-1")
    world.press(channel=channel)
    world.send("call.answered", call_id="k-1", operator_id="op-1", silent=silent)
    return world


def test_an_answer_raises_what_the_operator_started_from() -> None:
    world = spoken()
    decision = world.send("call.triaged", call_id="k-1", severity="urgent", answers=said(conscious="yes", breathing="no"))
    judged = fact(decision, "call.triaged")
    assert (judged["severity"], judged["said"], judged["derived"], judged["rule"]) == ("life", "urgent", "life", "breathing:no")
    assert judged["answers"] == ("conscious:yes", "breathing:no")
    assert decision.why == why_of("by_protocol", said="urgent", answer="breathing:no", protocol="default/1")
    assert world.call().severity == "life"


def test_the_same_answers_after_one_of_them_changed_the_kind_do_not_make_it_lighter() -> None:
    world = spoken("button")
    answers = said(fallen="yes", chest_pain="yes")
    first = fact(world.send("call.triaged", call_id="k-1", severity="urgent", answers=answers), "call.triaged")
    assert (first["severity"], first["kind"]) == ("life", "fall")
    again = fact(world.send("call.triaged", call_id="k-1", severity="urgent", answers=answers), "call.triaged")
    assert (again["severity"], again["kind"], again["rule"]) == ("life", "fall", "chest_pain:yes")
    assert again["ignored"] == ("fallen:yes",), "what only lowers, or names a kind, is asked of that kind alone"


def why_of(rule: str, **values: str) -> dict[str, Any]:
    return {"considered": 0, "chosen": None, "rejected": [], "rule": rule, **values}


def test_an_answer_lowers_a_press_whose_person_is_well_and_the_responder_still_comes() -> None:
    world = spoken("button")
    judged = fact(world.send("call.triaged", call_id="k-1", severity="life", answers=said(help_only="yes")), "call.triaged")
    assert (judged["severity"], judged["rule"], judged["dispatching"]) == ("help", "help_only:yes", True)
    assert "r-1" in world.call().engaged


def test_one_answer_that_raises_outweighs_all_that_lower() -> None:
    world = spoken("button")
    answers = said(help_only="yes", conscious="unsure")
    judged = fact(world.send("call.triaged", call_id="k-1", severity="life", answers=answers), "call.triaged")
    assert (judged["severity"], judged["rule"]) == ("life", None)


def test_who_knows_better_says_why_and_is_followed() -> None:
    world = spoken()
    decision = world.send(
        "call.triaged", call_id="k-1", severity="help", answers=said(conscious="no"), severity_reason="seen_on_video"
    )  # fmt: skip
    judged = fact(decision, "call.triaged")
    assert (judged["severity"], judged["derived"], judged["severity_reason"]) == ("help", "life", "seen_on_video")
    assert decision.why is not None
    assert (decision.why["rule"], decision.why["derived"]) == ("operator_knows_better", "life")


def test_an_answer_never_lowers_a_call_on_which_nobody_speaks() -> None:
    world = spoken(silent=True)
    decision = world.send("call.triaged", call_id="k-1", severity="life", answers=said(help_only="yes"))
    assert fact(decision, "call.triaged")["severity"] == "life"
    assert decision.why == why_of("silent_not_lowered", said="life", answer="help_only:yes", protocol="default/1")


def test_a_call_rung_in_vain_is_silent_until_somebody_is_heard_and_a_snapshot_keeps_that() -> None:
    world = World()
    world.press()
    world.run(61)
    assert world.call().silent
    assert load(AREA, dump(world.state)).calls["k-1"].silent
    judged = fact(world.send("call.triaged", call_id="k-1", severity="life", answers=said(help_only="yes")), "call.triaged")
    assert judged["severity"] == "life"


def test_a_call_answered_late_by_voice_is_silent_no_more() -> None:
    world = World()
    world.press()
    world.run(61)
    world.send("call.answered", call_id="k-1", operator_id="op-1")
    judged = fact(world.send("call.triaged", call_id="k-1", severity="life", answers=said(help_only="yes")), "call.triaged")
    assert judged["severity"] == "help"


def test_a_snapshot_from_before_the_questions_is_read() -> None:
    world = spoken(silent=True)
    rows = [[*row[:2], row[2][:-1], *row[3:]] if row[0] == "call" else row for row in dump(world.state)]
    assert not load(AREA, rows).calls["k-1"].silent


def test_an_answer_changes_kind_and_mix_and_names_who_else_must_come() -> None:
    world = World()
    world.policy(protocol=QUESTIONS)
    world.press(channel="phone")
    judged = fact(world.send("call.triaged", call_id="k-1", severity="help", needs=["lifting"], answers=said(talks="no")), "call.triaged")
    assert (judged["kind"], judged["needs"]) == ("fall", ("lifting", "doctor"))
    assert judged["roles"] == (("first_aid", "first_aid"), ("lifting", "lifting"), ("doctor", "doctor"))


def test_the_kind_an_operator_names_stands_and_its_questions_are_the_ones_meant() -> None:
    world = spoken()
    judged = fact(
        world.send("call.triaged", call_id="k-1", severity="life", kind="fire", answers=said(over="yes", fallen="yes")), "call.triaged"
    )
    assert (judged["kind"], judged["severity"], judged["ignored"]) == ("fire", "urgent", ("fallen:yes",))


def test_an_answer_nobody_asked_for_is_named_and_nothing_else_happens() -> None:
    world = spoken()
    judged = fact(
        world.send("call.triaged", call_id="k-1", severity="urgent", answers=said(conscious="perhaps", odd="yes")), "call.triaged"
    )
    assert (judged["severity"], judged["answers"], judged["ignored"]) == ("urgent", (), ("conscious:perhaps", "odd:yes"))


def test_an_incident_is_judged_by_the_questions_it_began_with() -> None:
    world = spoken()
    world.policy("later", protocol=QUESTIONS)
    judged = fact(world.send("call.triaged", call_id="k-1", severity="urgent", answers=said(talks="no", breathing="no")), "call.triaged")
    assert (judged["severity"], judged["ignored"]) == ("life", ("talks:no",))


def test_a_false_alarm_that_answers_contradict_calls_nobody_off_without_a_reason() -> None:
    world = spoken("button")
    assert (
        fact(world.send("call.triaged", call_id="k-1", severity="false", answers=said(conscious="no")), "call.triaged")["severity"]
        == "life"
    )
    decision = world.send("call.triaged", call_id="k-1", severity="false", answers=said(conscious="no"), severity_reason="second_call")
    assert types(decision)[:2] == ["call.triaged", "responder.released"]


@given(
    kind=st.sampled_from(sorted(PROTOCOL)),
    answers=st.dictionaries(
        st.sampled_from(sorted({one.question for questions in PROTOCOL.values() for one in questions})),
        st.sampled_from(("yes", "no", "unsure")),
    ),
    start=st.sampled_from(GRAVEST_FIRST),
    silent=st.booleans(),
)
def test_no_answers_make_false_what_was_not_and_none_lower_a_silent_call(
    kind: str, answers: dict[str, str], start: str, silent: bool
) -> None:
    asked = tuple(TriageAnswer(question=question, answer=answer) for question, answer in answers.items())
    found = derived(PROTOCOL, kind, asked, start, silent=silent)
    assert found.severity != "false" or start == "false"
    assert not silent or GRAVEST_FIRST.index(found.severity) <= GRAVEST_FIRST.index(start)


def test_a_question_answered_twice_is_no_answer() -> None:
    with pytest.raises(ValidationError, match="question_answered_twice"):
        CallTriaged(
            call_id="k-1", severity=Severity.LIFE, answers=(TriageAnswer(question="a", answer="b"), TriageAnswer(question="a", answer="c"))
        )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"lowers_to": "false"}, "bad_severity"),
        ({"raises_to": "grave"}, "bad_severity"),
        ({"raises_to": "life", "lowers_to": "help"}, "raises_and_lowers"),
    ],
)
def test_a_protocol_whose_answers_could_stop_a_call_is_refused(change: dict[str, str], reason: str) -> None:
    world = World()
    answer = {"answer": "yes", "zh": "是", "en": "Yes", **change}
    questions = {"medical": [{"question": "well", "zh": "好吗", "en": "Well", "answers": [answer]}]}
    assert world.policy(protocol=questions).reason == "invalid_policy"
    with pytest.raises(ValidationError, match=reason):
        EmergencyParameters.model_validate_json(json.dumps({"protocol": questions}))


@pytest.mark.parametrize("twice", ["question", "answer"])
def test_a_protocol_that_lists_something_twice_is_refused(twice: str) -> None:
    answer = {"answer": "yes", "zh": "是", "en": "Yes"}
    question = {"question": "well", "zh": "好吗", "en": "Well", "answers": [answer] * (1 + (twice == "answer"))}
    assert World().policy(protocol={"medical": [question] * (1 + (twice == "question"))}).reason == "invalid_policy"

"""The questions an operator asks, as policy data, and what the answers make of the priority (E18).

An answer can raise the priority, or lower it to the lightest that still calls somebody; it never makes an incident false, so no answer
stops the chain. The operator's own word is where the answers start from; with a reason it stands whatever they say.
"""

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.emergency import Severity, TriageAnswer
from schemas.primitives import Code

GRAVEST_FIRST = tuple(severity.value for severity in Severity)
QUESTIONS_MAX = 12
"""Of one kind; one triage carries as many answers."""
Words = Annotated[str, Field(min_length=1, max_length=80)]


class Parameters(BaseModel):
    """What a part of the policy is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Answer(Parameters):
    """One possible answer and what it does; without an effect it is only recorded."""

    answer: Code
    zh: Words
    en: Words
    raises_to: Code | None = Field(default=None, description="at least so grave")
    lowers_to: Code | None = Field(default=None, description="no graver than this, when no other answer raises")
    kind: Code | None = Field(default=None, description="another kind of incident, which chooses another mix")
    needs: tuple[Code, ...] = Field(default=(), max_length=4, description="skills beyond the mix")

    @model_validator(mode="after")
    def _calls_somebody(self) -> "Answer":
        if any(severity not in (None, Severity.LIFE, Severity.URGENT, Severity.HELP) for severity in (self.raises_to, self.lowers_to)):
            raise ValueError("bad_severity")
        if self.raises_to is not None and self.lowers_to is not None:
            raise ValueError("raises_and_lowers")
        return self


class Question(Parameters):
    """One question with its answers, in the order they are shown."""

    question: Code
    zh: Words
    en: Words
    answers: tuple[Answer, ...] = Field(min_length=1, max_length=8)

    @model_validator(mode="after")
    def _each_once(self) -> "Question":
        if len({one.answer for one in self.answers}) != len(self.answers):
            raise ValueError("answer_listed_twice")
        return self

    def rule_of(self, answer: str | None) -> Answer | None:
        """The answer of this name; None when there is none."""
        return next((one for one in self.answers if one.answer == answer), None)


Protocol = dict[Code, tuple[Question, ...]]
"""Questions by incident kind, in the order they are asked."""

_NO = Answer(answer="no", zh="否", en="No")
_YES = Answer(answer="yes", zh="是", en="Yes")
_YES_LIFE = Answer(answer="yes", zh="是", en="Yes", raises_to="life")
_NO_LIFE = Answer(answer="no", zh="否", en="No", raises_to="life")
_UNSURE = Answer(answer="unsure", zh="不清楚", en="Not sure")
_UNSURE_URGENT = Answer(answer="unsure", zh="不清楚", en="Not sure", raises_to="urgent")
_CONSCIOUS = Question(question="conscious", zh="人清醒、能应答吗？", en="Awake and answering?", answers=(_YES, _NO_LIFE, _UNSURE_URGENT))
_BREATHING = Question(question="breathing", zh="呼吸正常吗？", en="Breathing normally?", answers=(_YES, _NO_LIFE, _UNSURE_URGENT))
_BLEEDING = Question(question="bleeding", zh="在大量出血吗？", en="Bleeding heavily?", answers=(_YES_LIFE, _NO, _UNSURE))
PROTOCOL: Protocol = {
    "medical": (
        _CONSCIOUS,
        _BREATHING,
        Question(
            question="chest_pain", zh="胸痛，或一侧手脚无力吗？", en="Chest pain, or one side weak?", answers=(_YES_LIFE, _NO, _UNSURE)
        ),
        Question(
            question="fallen",
            zh="是跌倒了吗？",
            en="Has the person fallen?",
            answers=(Answer(answer="yes", zh="是", en="Yes", kind="fall"), _NO, _UNSURE),
        ),
        Question(
            question="help_only",
            zh="人没有不适，只是需要帮忙吗？",
            en="Well, and only in need of a hand?",
            answers=(Answer(answer="yes", zh="是", en="Yes", lowers_to="help"), _NO, _UNSURE),
        ),
    ),
    "fall": (
        _CONSCIOUS,
        _BLEEDING,
        Question(question="head_hit", zh="撞到头了吗？", en="Hit the head?", answers=(_YES_LIFE, _NO, _UNSURE_URGENT)),
        Question(
            question="stands",
            zh="自己能站起来、无痛吗？",
            en="Stands up alone, without pain?",
            answers=(Answer(answer="yes", zh="是", en="Yes", lowers_to="help"), _NO, _UNSURE),
        ),
    ),
    "fire": (
        Question(question="trapped", zh="有人出不来吗？", en="Anybody who cannot get out?", answers=(_YES_LIFE, _NO, _UNSURE)),
        Question(
            question="breathed_smoke",
            zh="吸入烟雾不适吗？",
            en="Unwell from the smoke?",
            answers=(Answer(answer="yes", zh="是", en="Yes", raises_to="life", needs=("first_aid",)), _NO, _UNSURE),
        ),
        Question(
            question="over",
            zh="已无火无烟，人都平安吗？",
            en="No fire or smoke left, everybody safe?",
            answers=(Answer(answer="yes", zh="是", en="Yes", lowers_to="urgent"), _NO, _UNSURE),
        ),
    ),
}
"""By incident kind. The shape is E18 [P Resgrid DispatchProtocol: questions and triggers]; the questions and their effects are the
project's own [O], to be replaced by what the district's medical desk approves."""


class Derived(NamedTuple):
    """What the answers amount to. ``rule`` is the ``question:answer`` that decided, whether it changed the priority (``severity``) or
    was not let lower a silent call (``kept``); ``ignored`` are answers that the protocol does not know."""

    severity: str
    rule: str | None
    kept: bool
    kind: str | None
    needs: tuple[str, ...]
    answers: tuple[str, ...]
    ignored: tuple[str, ...]


def derived(protocol: Protocol, kind: str, given: tuple[TriageAnswer, ...], start: str, *, silent: bool) -> Derived:
    """The priority by these answers, from where the operator starts: the gravest raise; else the least of the lowerings, unless
    nobody has been heard yet (E14). Of two alike the question that stands first.

    An answer to a question that only other kinds ask still raises: whoever answers the questions of a kind that an answer, or another
    operator, has changed meanwhile must not lose what makes it a matter of life.
    """
    said = {one.question: one.answer for one in given}
    questions = protocol.get(kind, ())
    rules = [(question, rule) for question in questions if (rule := question.rule_of(said.get(question.question))) is not None]
    heard = [*rules, *_raises_of_other_kinds(protocol, questions, said)]
    known = {question.question for question, _ in heard}
    severity, raised = _gravest([(rule.raises_to, _named(question, rule)) for question, rule in heard])
    if severity is None or not _graver(severity, start):
        severity, raised = _gravest([(rule.lowers_to, _named(question, rule)) for question, rule in rules])
        raises = any(rule.raises_to is not None for _, rule in heard)
        if severity is None or raises or not _graver(start, severity):
            severity, raised = start, None
    kept = silent and _graver(start, severity)
    return Derived(
        severity=start if kept else severity,
        rule=raised,
        kept=kept,
        kind=next((rule.kind for _, rule in rules if rule.kind is not None), None),
        needs=tuple(dict.fromkeys(need for _, rule in rules for need in rule.needs)),
        answers=tuple(_named(question, rule) for question, rule in heard),
        ignored=tuple(f"{one.question}:{one.answer}" for one in given if one.question not in known),
    )


def _raises_of_other_kinds(protocol: Protocol, own: tuple[Question, ...], said: dict[str, str]) -> Iterator[tuple[Question, Answer]]:
    """Answers to questions that are not the kind's own, where the first kind that asks them says that they raise the priority."""
    seen = {question.question for question in own}
    for questions in protocol.values():
        for question in questions:
            if question.question not in seen:
                seen.add(question.question)
                rule = question.rule_of(said.get(question.question))
                if rule is not None and rule.raises_to is not None:
                    yield question, rule


def _gravest(found: list[tuple[str | None, str]]) -> tuple[str | None, str | None]:
    """The gravest severity of these, with what says so."""
    for severity in GRAVEST_FIRST:
        for one, name in found:
            if one == severity:
                return one, name
    return None, None


def _graver(one: str, other: str) -> bool:
    return GRAVEST_FIRST.index(one) < GRAVEST_FIRST.index(other)


def _named(question: Question, rule: Answer) -> str:
    return f"{question.question}:{rule.answer}"

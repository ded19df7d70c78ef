"""The journal on the wire: what is written is what is read, and nothing else is believed."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import journal
from schemas.decisions import Decision, Outcome, Reasoned
from schemas.export import facts
from schemas.facts import FACTS
from schemas.journal import Clock, Decided, Failed, JournalCorrupt, JournalRecord, Opened, SetAside
from tests.schemas.freeze import example_of, frozen_examples
from tests.schemas.spoiling import spoilt

MUTATIONS = 5_000
RECORDS = frozen_examples("journal")
INSTANT_MS_MAX = 4_102_444_800_000
"""2100-01-01 in UTC."""

whole = st.integers(0, 2**53)
name = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | name,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(name, inner, max_size=4),
    max_leaves=10,
)
why = st.none() | st.dictionaries(name, plain, max_size=4)


@st.composite
def fact(draw: st.DrawFn) -> Reasoned:
    """A fact of any type, with every text and number drawn anew."""
    kind = draw(st.sampled_from(sorted(facts().items())))[1]
    data = example_of(kind)["data"]
    for key, value in data.items():
        if type(value) is int:
            data[key] = draw(whole)
        elif isinstance(value, float):
            data[key] = draw(st.floats(allow_nan=False, allow_infinity=False))
        elif isinstance(value, str) and kind.model_fields[key].annotation is str:
            data[key] = draw(name)
        elif isinstance(value, dict) and kind.model_fields[key].annotation == dict[str, Any]:
            data[key] = draw(st.dictionaries(name, plain, max_size=4))
    return Reasoned(kind.model_validate(data), draw(why))


decision = st.builds(
    Decision,
    event_id=name,
    event_type=name,
    area=name,
    time_ms=st.integers(0, INSTANT_MS_MAX),
    outcome=st.sampled_from(Outcome),
    reason=st.none() | name,
    policy=st.dictionaries(name, name, max_size=3),
    facts=st.lists(fact(), max_size=3),
    why=why,
    digest=st.binary(min_size=16, max_size=16),
    subject=st.none() | name,
    correlationid=st.none() | name,
    repeat=st.booleans(),
    flags=st.lists(name, max_size=2).map(tuple),
    error=st.none() | name,
)
set_aside = st.builds(SetAside, reason=name, index=st.none() | whole, event_id=st.none() | name, home=st.none() | whole)
record = st.one_of(
    st.builds(Opened, owner=name, clock=st.sampled_from(Clock)),
    st.builds(Failed, epoch=whole, source_partition=whole, source_offset=whole, error=name),
    st.builds(
        Decided,
        epoch=whole,
        seq=whole,
        source_partition=whole,
        source_offset=whole,
        decisions=st.lists(decision, max_size=4).map(tuple),
        set_aside=st.lists(set_aside, max_size=3).map(tuple),
    ),
)


@given(record)
def test_a_record_is_read_as_it_was_written(written: JournalRecord) -> None:
    value = journal.encode(written)
    assert journal.decode(value) == written
    assert journal.encode(journal.decode(value)) == value


@given(st.integers(0, INSTANT_MS_MAX))
def test_an_instant_keeps_its_millisecond(ms: int) -> None:
    text = journal.instant(ms)
    assert text.endswith("+08:00")
    assert journal.instant_ms(text) == ms


@pytest.mark.parametrize("kind", sorted(facts()))
def test_every_fact_is_read_as_it_was_written(kind: str) -> None:
    made = Reasoned(FACTS[kind].model_validate(example_of(FACTS[kind])["data"]))
    body = Decision("e", "t", "310106", 1, Outcome.ACCEPTED, None, {}, [made], None, b"\x00" * 16)
    read = journal.decode(journal.encode(Decided(1, 1, 0, 0, (body,))))
    assert isinstance(read, Decided)
    assert read.decisions[0].facts == [made]


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_corrupt_and_nothing_worse(value: bytes) -> None:
    with pytest.raises(JournalCorrupt):
        journal.decode(value)


def test_a_spoilt_record_is_corrupt_or_still_a_record() -> None:
    random_ = random.Random(20261122)
    corrupt = 0
    for _ in range(MUTATIONS):
        value = spoilt(random_, RECORDS[random_.choice(sorted(RECORDS))])
        try:
            assert isinstance(journal.decode(value), Opened | Decided | Failed)
        except JournalCorrupt:
            corrupt += 1
    assert MUTATIONS // 10 < corrupt < MUTATIONS


def changed(**changes: Any) -> bytes:
    return json.dumps({**RECORDS["decided"], **changes}).encode()


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"null",
        b"[]",
        b"{}",
        changed(epoch="8812"),
        changed(epoch=True),
        changed(seq=1.0),
        changed(seq=-1),
        changed(source={"partition": None, "offset": 1}),
        changed(decisions=None),
        changed(decisions={"a": 1}),
        changed(set_aside=[{"reason": "x", "unknown": 1}]),
        b'{"opened":{"owner":5,"clock":"wall"}}',
        b'{"opened":{"owner":"w","clock":"sundial"}}',
    ],
)
def test_what_no_release_can_have_written_is_corrupt(value: bytes | None) -> None:
    with pytest.raises(JournalCorrupt):
        journal.decode(value)


def test_a_fact_of_a_newer_release_is_not_guessed() -> None:
    body = json.loads(changed())
    body["decisions"][0]["facts"][0]["type"] = "meals.order.blessed.v1"
    with pytest.raises(JournalCorrupt):
        journal.decode(json.dumps(body).encode())


def test_optional_attributes_appear_only_when_they_say_something() -> None:
    quiet = Decision("e", "t", "310106", 1, Outcome.ACCEPTED, None, {}, [], None, b"\x00" * 16)
    assert not journal.decision_json(quiet).keys() & {"subject", "correlationid", "repeat", "flags", "error"}

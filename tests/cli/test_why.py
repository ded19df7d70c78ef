"""`laoxiao why` and `laoxiao whatif` on a journal of real bytes: certified, saved, checked offline, forged, lived otherwise."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agents.beds.counterfactual import Answered, answered
from infra.cli import whatif, why
from infra.cli.journal_copy import JournalCopy
from infra.cli.main import main
from infra.cli.whatif_beds import BadChange, Wanted
from infra.cli.whatif_log import WhatifLog
from schemas.decisions import Decision, Received
from schemas.journal import Clock, Decided, Opened, encode
from tests.agents.beds.district import AREA, OTHER_STREET, District


def journal_of(decisions: list[Decision]) -> JournalCopy:
    """As a worker writes it, one decision a record; an old owner's record that counts for nobody is in it too."""
    records = [encode(Opened("w", Clock.PLAYED))]
    records += [encode(Decided(0, seq, 0, seq, (decision,))) for seq, decision in enumerate(decisions, start=1)]
    records.append(encode(Decided(0, 1, 0, 1, (decisions[0],))))
    return JournalCopy(list(enumerate(records)))


@pytest.fixture
def district() -> District:
    district = District()
    district.home("f1", 2000)
    district.apply("me")
    district.apply("first", categories=["registered", "special_poor"])
    district.apply("elsewhere", choices=["f2"])
    return district


def test_a_certificate_is_saved_with_its_journal_and_holds_offline(district: District, tmp_path: Path) -> None:
    district.publish("f1", b1="free")
    saved = tmp_path / "journal.jsonl"
    journal_of(district.decisions).save(saved)
    answer = CliRunner().invoke(main, ["why", "beds", "me", "--journal", str(saved), "--json"])
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.output)
    assert (found["rule"], found["criterion"], found["seq"]) == ("behind", "priority_class", 5)
    assert "special_poor" not in answer.output
    certificate = tmp_path / "certificate.json"
    certificate.write_text(answer.output, encoding="utf-8")
    check = ["why", "--verify", str(certificate), "--journal", str(saved)]
    assert CliRunner().invoke(main, check).exit_code == 0
    certificate.write_text(json.dumps({**found, "ahead_count": 0}), encoding="utf-8")
    forged = CliRunner().invoke(main, check)
    assert (forged.exit_code, forged.output) == (1, "ahead_count is not what the journal says\n")
    certificate.write_text(json.dumps({**found, "application": "0" * 32}), encoding="utf-8")
    assert CliRunner().invoke(main, check).output == "the journal knows no application of this hash\n"


def test_at_asks_about_an_earlier_allocation_and_words_say_the_rule(district: District) -> None:
    district.publish("f1", b1="free")
    first_seq = len(district.decisions)
    district.apply("second", categories=["registered", "special_poor"])
    district.publish("f1", b2="free")
    journal = journal_of(district.decisions)
    newest = why.certify(journal, "me", salt="s")
    earlier = why.certify(journal, "me", at=first_seq, salt="s")
    assert (newest["bed_id"], earlier["bed_id"], earlier["seq"]) == ("b2", "b1", first_seq)
    assert "not_chosen" in why.in_words(why.certify(journal, "elsewhere", salt="s"))
    exact = why.certify(journal, "first", offer_id=earlier["offer_id"], salt="s")
    assert exact["rule"] is None
    assert "offered to you" in why.in_words(exact)


def test_what_the_journal_does_not_hold_is_said_so(district: District, tmp_path: Path) -> None:
    saved = tmp_path / "journal.jsonl"
    journal_of(district.decisions).save(saved)
    for words in (["me"], ["nobody"], ["me", "--offer", "o-1"]):
        answer = CliRunner().invoke(main, ["why", "beds", *words, "--journal", str(saved)])
        assert answer.exit_code == 3, words


def a_log() -> WhatifLog:
    """Beds of one street's pool; somebody of another street comes first and waits longest."""
    log: list[Answered] = []
    district = District()
    take = district.take

    def kept(item: Received) -> Decision:
        decision = take(item)
        log.append(answered(item, decision))
        return decision

    district.take = kept  # type: ignore[method-assign]  # keeps what is sent
    district.home("f1")
    district.publish("f1", **{f"b{number}": {"pool": "street", "state": "occupied"} for number in range(3)})
    district.apply("other", street=OTHER_STREET)
    for number in range(3):
        district.apply(f"own{number}")
    for number in range(3):
        district.tick(district.now_ms + 86_400_000)
        district.publish("f1")
        district.send("bed.vacated", facility_id="f1", bed_id=f"b{number}")
        district.send("bed.cleaned", facility_id="f1", bed_id=f"b{number}")
        district.settle(f"own{number}")
    district.tick(district.now_ms + 5 * 86_400_000)
    return WhatifLog.of(log)


def rows_by_group(change: whatif.Change) -> dict[str, Any]:
    return {row["group"]: row for row in whatif.table(*whatif.compare(AREA, a_log(), change))}


def test_another_policy_changes_who_waits_from_its_day_on() -> None:
    rows = rows_by_group(whatif.Change(date(2026, 11, 25), {"pools_served": ["district"]}))
    assert rows["all"]["own"]["admitted"] == 3
    assert rows["all"]["other"]["admitted"] == 1, "the first bed went before the change"
    assert rows["all"]["other"]["waiting"] == 3
    assert "street:310106013" in whatif.in_words(list(rows.values()))


def test_more_beds_serve_who_waited_longest_elsewhere() -> None:
    rows = rows_by_group(whatif.Change(date(2026, 11, 24), None, {(None, "basic"): 2}))
    other_street = rows[f"street:{OTHER_STREET}"]
    assert (other_street["own"]["admitted"], other_street["own"]["waiting"]) == (0, 1)
    assert (other_street["other"]["admitted"], other_street["other"]["waiting"]) == (1, 0)


def test_fewer_beds_of_one_home_serve_fewer_people() -> None:
    rows = rows_by_group(whatif.Change(date(2026, 11, 24), None, {("f1", "basic"): -2}))
    assert (rows["all"]["own"]["admitted"], rows["all"]["other"]["admitted"]) == (3, 1)
    assert (rows["all"]["own"]["waiting"], rows["all"]["other"]["waiting"]) == (1, 3)
    assert rows["sex:f"]["other"]["admitted"] == 1


@pytest.mark.parametrize(
    ("beds", "said"),
    [
        ({("f9", "basic"): 1}, "no publication of f9 before 2026-11-24"),
        ({(None, "basic"): -9}, "there are only 3 basic beds to close"),
    ],
)
def test_a_change_of_beds_that_cannot_be_is_said(beds: Wanted, said: str) -> None:
    with pytest.raises(BadChange, match=said):
        rows_by_group(whatif.Change(date(2026, 11, 24), None, beds))


def test_a_saved_log_is_asked_again_without_kafka(tmp_path: Path) -> None:
    saved = tmp_path / "log.jsonl"
    a_log().save(saved)
    words = ["whatif", "--log", str(saved), "--from", "2026-11-24", "--area", AREA, "--beds", "f1:basic=-2", "--json"]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 0, answer.output
    rows = {row["group"]: row for row in json.loads(answer.output)}
    assert (rows["all"]["own"]["admitted"], rows["all"]["other"]["admitted"]) == (3, 1)
    bad = CliRunner().invoke(main, [*words[:-2], "basic", "--json"])
    assert (bad.exit_code, "say TYPE=N" in bad.output) == (2, True)


def test_a_policy_file_that_holds_no_parameters_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "policy.json"
    bad.write_text('{"order": ["fame"]}', encoding="utf-8")
    answer = CliRunner().invoke(main, ["whatif", "--policy", str(bad), "--from", "2026-01-01", "--area", AREA])
    assert (answer.exit_code, answer.output) == (2, "policy.json holds no parameters of beds\n")

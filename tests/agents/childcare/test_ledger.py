"""The ledger keeps its laws under any sequence of deeds: balances sum to zero, nothing is promised twice."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agents.shared.ledger import Ledger

HOLDERS = ("a", "b", "c")


class LedgerMachine(RuleBasedStateMachine):
    """Beside it a model of plain numbers: granted, promised and used, by holder."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.ledger.open("bank", bounded=False)
        self.granted = dict.fromkeys(HOLDERS, 0)
        self.used = dict.fromkeys(HOLDERS, 0)
        self.promises: dict[str, tuple[str, int]] = {}
        self.count = 0

    def left(self, holder: str) -> int:
        promised = sum(amount for who, amount in self.promises.values() if who == holder)
        return self.granted[holder] - self.used[holder] - promised

    @rule(holder=st.sampled_from(HOLDERS), amount=st.integers(1, 5))
    def grant(self, holder: str, amount: int) -> None:
        self.ledger.transfer("bank", holder, amount)
        self.granted[holder] += amount

    @rule(holder=st.sampled_from(HOLDERS), amount=st.integers(1, 5))
    def reserve(self, holder: str, amount: int) -> None:
        self.count += 1
        name = f"r-{self.count}"
        if amount > self.left(holder):
            with pytest.raises(AssertionError):
                self.ledger.reserve(name, holder, f"used {holder}", amount)
            return
        self.ledger.reserve(name, holder, f"used {holder}", amount)
        self.promises[name] = (holder, amount)

    @precondition(lambda self: self.promises)
    @rule(data=st.data(), keep=st.booleans())
    def end_a_promise_once(self, data: st.DataObject, keep: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.promises)))
        holder, amount = self.promises.pop(name)
        assert (self.ledger.consume if keep else self.ledger.give_back)(name) == amount
        self.used[holder] += amount if keep else 0
        with pytest.raises(KeyError):
            self.ledger.consume(name)
        with pytest.raises(KeyError):
            self.ledger.give_back(name)

    @rule(giver=st.sampled_from(HOLDERS), taker=st.sampled_from(HOLDERS), amount=st.integers(1, 5))
    def give(self, giver: str, taker: str, amount: int) -> None:
        """Between holders, as time coins will go."""
        if giver == taker or amount > self.left(giver):
            return
        self.ledger.transfer(giver, taker, amount)
        self.granted[giver] -= amount
        self.granted[taker] += amount

    @rule()
    def write_and_read_back(self) -> None:
        twin = Ledger()
        for row in self.ledger.dump():
            twin.load(row)
        assert list(twin.dump()) == list(self.ledger.dump())
        self.ledger = twin

    @invariant()
    def the_laws_hold(self) -> None:
        assert self.ledger.sound()
        for holder in HOLDERS:
            assert self.ledger.available(holder) == self.left(holder)
            assert self.ledger.balance(f"used {holder}") == self.used[holder]


LedgerMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestLedger = LedgerMachine.TestCase


def test_a_posting_that_does_not_sum_to_zero_is_a_mistake_of_ours() -> None:
    ledger = Ledger()
    ledger.open("bank", bounded=False)
    with pytest.raises(AssertionError):
        ledger.post((("bank", -3), ("a", 2)))


def test_a_bounded_account_never_pays_what_it_has_promised() -> None:
    ledger = Ledger()
    ledger.open("bank", bounded=False)
    ledger.transfer("bank", "a", 3)
    ledger.reserve("r", "a", "b", 2)
    with pytest.raises(AssertionError):
        ledger.transfer("a", "b", 2)


def test_a_wrong_balance_is_noticed() -> None:
    ledger = Ledger()
    ledger.open("bank", bounded=False)
    ledger.transfer("bank", "a", 3)
    assert ledger.sound()
    ledger.accounts["a"].posted += 1
    assert not ledger.sound()


def test_a_closed_account_leaves_the_sum_at_zero() -> None:
    ledger = Ledger()
    ledger.open("bank", bounded=False)
    ledger.transfer("bank", "a", 3)
    ledger.close("a", "bank")
    assert ledger.sound()
    assert "a" not in ledger.accounts

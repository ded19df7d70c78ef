"""Ledger: accounts and postings that sum to zero. One mechanism for every quota, and later for time coins (design, section 5).

An account is a name with a balance. A posting moves an amount from some accounts to others; what it takes and what it gives sum to
zero, so the sum of all balances is zero for ever. An account is bounded unless it is opened as a source: a bounded one can never
promise or pay more than it has. A reservation is a promise of one transfer: it ends once, consumed (the transfer is posted) or
given back (nothing was), and until then the amount cannot be promised to anybody else.

A quota of N is a grant of N from a source account to the holder's; using it is a transfer from the holder's to its used account.
Names and times are the caller's business; nothing here knows a clock.
"""

from collections.abc import Iterator, Sequence
from typing import Any


class Account:
    """A balance. ``posted`` is what postings left here, ``held`` the part of it that reservations promise."""

    __slots__ = ("bounded", "held", "posted")

    def __init__(self, *, bounded: bool) -> None:
        self.posted = 0
        self.held = 0
        self.bounded = bounded

    @property
    def available(self) -> int:
        """What can still be promised or paid; of a source a number without meaning."""
        return self.posted - self.held


class Reservation:
    """A transfer that is promised: ``amount`` from ``source`` to ``to``."""

    __slots__ = ("amount", "source", "to")

    def __init__(self, source: str, to: str, amount: int) -> None:
        self.source = source
        self.to = to
        self.amount = amount


class Ledger:
    """The accounts and open reservations of one area. Every method that writes asserts what its caller has decided before."""

    __slots__ = ("accounts", "reservations", "reserved_total")

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.reservations: dict[str, Reservation] = {}
        self.reserved_total = 0
        """Derived: the sum of all reservations."""

    def open(self, name: str, *, bounded: bool = True) -> Account:
        """The account of this name, opened empty when there is none."""
        account = self.accounts.get(name)
        if account is None:
            account = self.accounts[name] = Account(bounded=bounded)
        return account

    def balance(self, name: str) -> int:
        """What postings left there; 0 for an account never opened."""
        account = self.accounts.get(name)
        return 0 if account is None else account.posted

    def held(self, name: str) -> int:
        """What reservations promise from there."""
        account = self.accounts.get(name)
        return 0 if account is None else account.held

    def available(self, name: str) -> int:
        """What can still be promised or paid from there."""
        account = self.accounts.get(name)
        return 0 if account is None else account.available

    def post(self, entries: Sequence[tuple[str, int]]) -> None:
        """Post amounts to accounts, positive in and negative out; they sum to zero, and no bounded account goes below its promises."""
        assert sum(amount for _, amount in entries) == 0, "a posting sums to zero"
        for name, amount in entries:
            self.open(name).posted += amount
        for name, _ in entries:
            account = self.accounts[name]
            assert not account.bounded or account.available >= 0, "a bounded account pays only what it has and has not promised"

    def transfer(self, source: str, to: str, amount: int) -> None:
        """Post so much from one account to another."""
        assert amount > 0
        self.post(((source, -amount), (to, amount)))

    def reserve(self, reservation_id: str, source: str, to: str, amount: int) -> None:
        """Promise a transfer. Whoever calls this has looked: so much is available."""
        assert amount > 0
        assert reservation_id not in self.reservations, "a reservation is made once"
        account = self.open(source)
        self.open(to)
        assert not account.bounded or account.available >= amount, "only what is available can be promised"
        account.held += amount
        self.reserved_total += amount
        self.reservations[reservation_id] = Reservation(source, to, amount)

    def consume(self, reservation_id: str) -> int:
        """Keep a promise: the transfer is posted. Returns its amount."""
        reservation = self._end(reservation_id)
        self.transfer(reservation.source, reservation.to, reservation.amount)
        return reservation.amount

    def give_back(self, reservation_id: str) -> int:
        """Withdraw a promise: the amount is available again. Returns it."""
        return self._end(reservation_id).amount

    def close(self, name: str, into: str) -> None:
        """Close an account that promises nothing; what is left in it goes to another account, so the sum stays zero."""
        account = self.accounts[name]
        assert account.held == 0, "an account that promises something stays open"
        self.open(into).posted += account.posted
        del self.accounts[name]

    def drop(self, name: str) -> None:
        """Forget an account with nothing in it and nothing promised."""
        account = self.accounts.pop(name)
        assert account.posted == account.held == 0, "only an empty account is forgotten"

    def sound(self) -> bool:
        """The laws: balances sum to zero, what accounts hold is what reservations promise, no bounded account promises what it
        has not."""
        held: dict[str, int] = {}
        for reservation in self.reservations.values():
            held[reservation.source] = held.get(reservation.source, 0) + reservation.amount
        return (
            sum(account.posted for account in self.accounts.values()) == 0
            and self.reserved_total == sum(held.values())
            and all(account.held == held.get(name, 0) for name, account in self.accounts.items())
            and all(self.accounts[name].held == amount for name, amount in held.items())
            and all(account.available >= 0 for account in self.accounts.values() if account.bounded)
        )

    def dump(self) -> Iterator[list[Any]]:
        """Rows ``["a", name, posted, bounded]`` and ``["r", id, source, to, amount]``, in the order they were opened."""
        for name, account in self.accounts.items():
            yield ["a", name, account.posted, account.bounded]
        for reservation_id, reservation in self.reservations.items():
            yield ["r", reservation_id, reservation.source, reservation.to, reservation.amount]

    def load(self, row: list[Any]) -> None:
        """Take back one row of `dump`; accounts come before the reservations on them."""
        match row:
            case ["a", name, posted, bounded]:
                self.open(name, bounded=bounded).posted = posted
            case ["r", reservation_id, source, to, amount]:
                self.reserve(reservation_id, source, to, amount)
            case _:
                raise ValueError(f"unknown ledger row {row[0]!r}")

    def _end(self, reservation_id: str) -> Reservation:
        reservation = self.reservations.pop(reservation_id)
        account = self.accounts[reservation.source]
        account.held -= reservation.amount
        self.reserved_total -= reservation.amount
        assert account.held >= 0
        return reservation

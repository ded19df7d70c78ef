"""A child moves in mid-year: the account of its free sessions goes from area to area, one holder at a time (Q01 over all areas).

Whoever keeps a child's account may grant; it is handed on when the new home asks, with all that was counted so far, by area, and is
never kept twice. An area told that a child came to live there asks the one it came from and grants nothing until that has answered.
Asked while it waits itself, it answers when its own answer is in; asked after it handed the account on, it asks for it back first; asked
for a child of which no register ever told it that it lived there, it answers when it is told so, by a word of any version. What
an area promised stays promised; given back there later it is free nowhere: never too much, at worst too little.

When a register forgot where a child came from and puts that right by a newer word, the area keeps the account and asks the other only for
what it has counted; that is always answered, overtaken or not. Asked for the account before the answer is in, it hands it on with the name
of the area that it has not heard, and whoever gets it asks there before anything is free.
"""

from typing import Any, TypeVar

from agents.childcare.quota import account as account_name
from agents.childcare.quota import open_task
from agents.childcare.state import Account, ChildcareState
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import day_of
from agents.shared.explanation import because
from agents.shared.ids import derived_id
from schemas.childcare import ChildRegistered, ChildRegisteredEvent
from schemas.childcare_duties import AccountAnsweredEvent, AccountRequestedEvent
from schemas.childcare_facts import ChildHomeRecorded
from schemas.childcare_reasons import ChildcareReason
from schemas.childcare_site_facts import AccountAsked, AccountCounted, AccountDeferred, AccountHanded, AccountOpened
from schemas.decisions import CoreReason, Reasoned
from schemas.facts import Fact, TaskClosed, TaskKind

Answer = TypeVar("Answer", AccountHanded, AccountCounted)
Counted = dict[str, int]
"""Units by ``area|service|year``."""
Areas = tuple[str, ...]
KEPT, WAITING, HANDED = "kept", "waiting", "handed"


def standing(state: ChildcareState, child_id: str) -> Account:
    """How this area stands to the child's account; a new one, kept nowhere yet, for a child that never moved. Not to be changed."""
    known = state.accounts.get(child_id)
    if known is not None:
        return known
    version, here = state.homes.get(child_id, (0, False))
    return Account(KEPT, version, had=True) if here else Account("", 0)


def registered(state: ChildcareState, event: ChildRegisteredEvent, now_ms: int) -> Verdict:
    """Whether the child lives here; the highest version wins. What was promised before stays promised."""
    data = event.data
    known = state.homes.get(data.child_id)
    account = standing(state, data.child_id)
    if known is not None and data.version <= known[0]:
        if data.at_home and not account.had and _request_id(state, data.child_id, data.version) not in account.asked:
            return _lived_here(state, data, account, now_ms)
        return refuse(CoreReason.STALE_VERSION, because("version_exists", version=known[0]))
    fact = ChildHomeRecorded(child_id=data.child_id, version=data.version, at_home=data.at_home)
    if not data.at_home:
        return accept(*_closed(account, "lives_elsewhere"), fact)
    came_from = None if data.moved_from == state.area else data.moved_from
    if account.status == HANDED or (came_from is None and account.status == WAITING):
        # Whatever the register says, this area knows where the account went.
        came_from = account.other
    if came_from is None:
        return accept(fact)
    answer_by_ms = now_ms + state.policies.at(now_ms).quota_answer_s * 1000
    asked = _asked(state, (data.child_id, data.version), came_from, held=account.status == KEPT, answer_by_ms=answer_by_ms)
    return accept(*_closed(account, "asked_anew"), fact, asked)


def _lived_here(state: ChildcareState, data: ChildRegistered, account: Account, now_ms: int) -> Verdict:
    """A word that a later one has overtaken, and the first to say that the child lived here: its account goes on from here."""
    if data.moved_from is not None and data.moved_from != state.area:
        return accept(_asked(state, (data.child_id, data.version), data.moved_from, held=False, answer_by_ms=None))
    opened = AccountOpened(request_id=None, child_id=data.child_id, home_area=state.area, counted=(), uncounted=account.uncounted)
    closed = _closed(account, "account_opened")
    if account.deferred is None:
        return accept(*closed, opened)
    known_here = account.counted, account.uncounted
    return accept(*closed, opened, _answer(AccountHanded, state, (data.child_id, *account.deferred), known_here, now_ms))


def requested(state: ChildcareState, event: AccountRequestedEvent, now_ms: int) -> Verdict:
    """The child's new home asks for its account. From now on nothing is granted here, whatever the register said or will say of before."""
    data = event.data
    account = standing(state, data.child_id)
    whose = (data.request_id, data.asking_area, data.version)
    known_here = account.counted, _unheard(account)
    overtaken = data.version <= account.floor
    if data.asking_area == state.area or (overtaken and not data.held):
        return refuse(ChildcareReason.ACCOUNT_OVERTAKEN, because("version_exists", version=account.floor))
    if overtaken:
        told = _answer(AccountCounted, state, (data.child_id, *whose), known_here, now_ms)
        return accept(told, why=because("version_exists", version=account.floor))
    on_its_way = account.status == HANDED and account.other == data.asking_area
    if on_its_way and not data.held:
        return refuse(ChildcareReason.ACCOUNT_OVERTAKEN, because("on_its_way"))
    facts: list[Fact] = []
    known = state.homes.get(data.child_id)
    if known is None or known[0] < data.version:
        facts += _closed(account, "lives_elsewhere")
        facts.append(ChildHomeRecorded(child_id=data.child_id, version=data.version, at_home=False))
    if data.held or account.status == KEPT:
        return accept(*facts, _answer(AccountHanded, state, (data.child_id, *whose), known_here, now_ms))
    facts.append(AccountDeferred(request_id=data.request_id, child_id=data.child_id, version=data.version, asking_area=data.asking_area))
    if account.status in (HANDED, WAITING):
        # Waiting too it asks anew: its own question is older, and may be overtaken where this one is not.
        facts.append(_asked(state, (data.child_id, data.version), account.other, held=False, answer_by_ms=None))
    return accept(*facts, why=because("account_elsewhere", area=account.other))


def answered(state: ChildcareState, event: AccountAnsweredEvent, now_ms: int) -> Verdict:
    """The account comes here, once; whoever has asked for it in the meantime is handed it at once, else who has not counted is asked."""
    data = event.data
    account = state.accounts.get(data.child_id)
    if account is None or data.request_id not in account.asked:
        return refuse(ChildcareReason.UNKNOWN_ACCOUNT_REQUEST)
    home_area = account.asked[data.request_id]
    counted = tuple(line.model_dump() for line in data.counted)
    settles = _settles(account, data.request_id)
    known = {state.area, home_area, *account.heard}
    if not settles and account.pending is not None:
        known.add(account.asked[account.pending])
    uncounted = tuple(sorted({*account.uncounted, *data.uncounted} - known))
    opened = AccountOpened(
        request_id=data.request_id,
        child_id=data.child_id,
        home_area=home_area,
        counted=counted,
        uncounted=uncounted,
    )
    facts: list[Fact] = [*(_closed(account, "account_opened") if settles else ()), opened]
    if settles and account.status != HANDED and account.deferred is not None:
        gone = merged(state.area, account.counted, counted)
        facts.append(_answer(AccountHanded, state, (data.child_id, *account.deferred), (gone, uncounted), now_ms))
    elif settles and account.status != HANDED and uncounted:
        facts.append(_count_asked(state, data.child_id, uncounted[0], now_ms))
    return accept(*facts)


def unanswered(state: ChildcareState, child_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """The area it came from says nothing: nothing is free here until it does, and a human looks into it."""
    account = state.accounts[child_id]
    assert account.pending is not None
    key = f"account|{child_id}"
    task = open_task(key, TaskKind.QUOTA_UNDECIDED, now_ms, request_id=account.pending, home_area=account.other)
    return (Reasoned(task, because("quota_answer_by")),)


def merged(area: str, known: Counted, lines: tuple[dict[str, Any], ...]) -> Counted:
    """What is counted elsewhere, by ``area|service|year``: the most that anybody said, for a count without the account only falls."""
    counted = dict(known)
    for line in lines:
        if line["area"] != area:
            key = f"{line['area']}|{line['service']}|{line['year']}"
            counted[key] = max(line["units"], counted.get(key, 0))
    return counted


def sums(counted: dict[str, int]) -> dict[str, int]:
    """The same by ``service|year``."""
    found: dict[str, int] = {}
    for key, units in counted.items():
        what = key.split("|", 1)[1]
        found[what] = found.get(what, 0) + units
    return found


def _settles(account: Account, request_id: str | None) -> bool:
    """Whether this answer ends the waiting: it brings the account, or it is the one that is waited for."""
    return account.pending == request_id or (account.status in ("", WAITING) and request_id not in account.counting)


def _unheard(account: Account) -> tuple[str, ...]:
    """The areas of which it is not known what they counted."""
    awaited = set() if account.pending is None else {account.asked[account.pending]}
    return tuple(sorted({*account.uncounted, *awaited}))


def _count_asked(state: ChildcareState, child_id: str, home_area: str, now_ms: int) -> AccountAsked:
    """Ask an area that the last holder has not heard; with the version by which the account is here, so that it is newer than theirs."""
    version = state.accounts[child_id].floor
    here = state.homes[child_id][1]
    return AccountAsked(
        request_id=derived_id("account", state.area, child_id, str(version), home_area),
        child_id=child_id,
        version=version,
        held=True,
        home_area=home_area,
        asking_area=state.area,
        answer_by_ms=now_ms + state.policies.at(now_ms).quota_answer_s * 1000 if here else None,
    )


def _asked(state: ChildcareState, of: tuple[str, int], home_area: str, *, held: bool, answer_by_ms: int | None) -> AccountAsked:
    child_id, version = of
    return AccountAsked(
        request_id=_request_id(state, child_id, version),
        child_id=child_id,
        version=version,
        held=held,
        home_area=home_area,
        asking_area=state.area,
        answer_by_ms=answer_by_ms,
    )


def _request_id(state: ChildcareState, child_id: str, version: int) -> str:
    return derived_id("account", state.area, child_id, str(version))


def _answer(
    kind: type[Answer], state: ChildcareState, whose: tuple[str, str, str, int], known: tuple[Counted, Areas], now_ms: int
) -> Answer:
    """``whose``: child, request, asking area and version; ``known``: what other areas have counted, and which have not said so."""
    child_id, request_id, asking_area, version = whose
    elsewhere, uncounted = known
    year_now = day_of(now_ms).year
    lines: list[dict[str, Any]] = []
    for key, units in elsewhere.items():
        area, service, year = key.rsplit("|", 2)
        if int(year) >= year_now - 1:
            lines.append({"area": area, "service": service, "year": int(year), "units": units})
    for service in state.policies.at(now_ms).services_known():
        for year_of in (year_now - 1, year_now, year_now + 1):
            name = account_name(service, child_id, year_of)
            units = state.ledger.balance(f"used|{name}") + state.ledger.held(name)
            if units:
                lines.append({"area": state.area, "service": service, "year": year_of, "units": units})
    return kind(
        request_id=request_id,
        answer_id=derived_id("answer", request_id),
        child_id=child_id,
        version=version,
        counted=tuple(sorted(lines, key=lambda line: (line["area"], line["service"], line["year"]))),
        uncounted=tuple(area for area in uncounted if area != asking_area),
        asking_area=asking_area,
        home_area=state.area,
    )


def _closed(account: Account, result: str) -> tuple[Fact, ...]:
    return () if account.task_id is None else (TaskClosed(task_id=account.task_id, result=result),)


def home_recorded(state: ChildcareState, fact: ChildHomeRecorded, now_ms: int) -> None:
    """Where its quota is kept. Called by `evolve` only, as all that follow."""
    child_id = fact.child_id
    account = state.accounts.get(child_id)
    if account is None and not fact.at_home and standing(state, child_id).status == KEPT:
        account = state.accounts[child_id] = standing(state, child_id)
    state.homes[child_id] = (fact.version, fact.at_home)
    if account is None:
        return
    state.deadlines.clear(f"account|{child_id}")
    state.stuck.pop(f"account|{child_id}", None)
    if fact.at_home:
        account.floor = max(account.floor, fact.version)
        account.deferred = None
        if account.status == "":
            account.status, account.had = KEPT, True
        if account.pending is not None and account.task_id is None:
            state.deadlines.set(f"account|{child_id}", now_ms)


def asked(state: ChildcareState, fact: AccountAsked, _now_ms: int) -> None:
    """It waits for the account, or, when it keeps it, for what the other has counted."""
    account = state.accounts[fact.child_id] = standing(state, fact.child_id)
    others = set(_unheard(account)) - {fact.home_area}
    account.uncounted = tuple(sorted(others)) if fact.held else ()
    if not fact.held:
        account.heard = ()
        account.had = account.status == HANDED or (account.status == WAITING and account.had)
        account.status = WAITING
    if fact.answer_by_ms is not None:
        account.floor = max(account.floor, fact.version)
        state.deadlines.set(f"account|{fact.child_id}", fact.answer_by_ms)
    account.other = fact.home_area
    account.asked[fact.request_id] = fact.home_area
    if fact.held:
        account.counting = tuple(sorted({*account.counting, fact.request_id}))
    account.pending = fact.request_id


def deferred(state: ChildcareState, fact: AccountDeferred, _now_ms: int) -> None:
    """Somebody waits for what this area waits for."""
    account = state.accounts[fact.child_id] = standing(state, fact.child_id)
    account.deferred = (fact.request_id, fact.asking_area, fact.version)
    account.floor = max(account.floor, fact.version)


def handed(state: ChildcareState, fact: AccountHanded, _now_ms: int) -> None:
    """It is another area's now."""
    account = state.accounts[fact.child_id] = standing(state, fact.child_id)
    account.status, account.other, account.had = HANDED, fact.asking_area, True
    account.floor = max(account.floor, fact.version)
    account.deferred = account.pending = None
    account.uncounted = account.heard = ()


def opened(state: ChildcareState, fact: AccountOpened, _now_ms: int) -> None:
    """What the other has counted counts here; the account is this area's, unless it was handed on since."""
    account = state.accounts[fact.child_id] = standing(state, fact.child_id)
    settles = _settles(account, fact.request_id)
    if fact.request_id is not None:
        del account.asked[fact.request_id]
        account.counting = tuple(one for one in account.counting if one != fact.request_id)
    account.counted = merged(state.area, account.counted, fact.counted)
    account.elsewhere = sums(account.counted)
    if account.status != HANDED:
        account.uncounted = fact.uncounted
        account.heard = tuple(sorted({*account.heard, fact.home_area} - {state.area}))
    if settles:
        account.pending = None
        state.deadlines.clear(f"account|{fact.child_id}")
        state.stuck.pop(f"account|{fact.child_id}", None)
        if account.status != HANDED:
            account.status, account.had = KEPT, True


def task_opened(state: ChildcareState, about: str, task_id: str) -> None:
    """A human looks for the answer."""
    account = state.accounts.get(about.removeprefix("account|"))
    if account is not None and about.startswith("account|"):
        account.task_id = task_id
        state.deadlines.clear(about)


def task_closed(state: ChildcareState, about: str, again_ms: int) -> None:
    """Done by a human or not needed any more: still unanswered, it is asked for again."""
    child_id = about.removeprefix("account|")
    account = state.accounts.get(child_id)
    if account is not None and about.startswith("account|"):
        account.task_id = None
        if account.pending is not None and state.homes[child_id][1] and about not in state.deadlines:
            state.deadlines.set(about, again_ms)

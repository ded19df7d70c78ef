"""The auditor's tables: whole, and in agreement with what the agents hold after every event of random days."""

from collections.abc import Iterator

import pytest

from agents import core
from agents.meals import DOMAIN
from agents.meals.state import MealsState, Order
from agents.meals.states import OrderState
from schemas.facts import FACTS, CaseStuck, PolicyAdopted, TaskClosed, TaskOpened
from schemas.topics import DOMAINS
from streams.auditor.book import AreaBook
from streams.auditor.meals import TABLE
from streams.auditor.scripts import SCRIPTS
from streams.auditor.table import CaseRow, FlagRow, PoolRow
from streams.auditor.tables import TABLES
from tests.agents.random_day import RandomDay
from tests.agents.world import AREA

CORE = {PolicyAdopted, TaskOpened, TaskClosed, CaseStuck}


def test_every_domain_is_audited_and_drilled() -> None:
    assert set(TABLES) >= set(DOMAINS)
    assert set(SCRIPTS) >= set(DOMAINS)
    assert all(name == table.domain for name, table in TABLES.items())


@pytest.mark.parametrize("domain", TABLES)
def test_every_fact_of_a_domain_is_in_its_table_and_every_field_named_there_exists(domain: str) -> None:
    table = TABLES[domain]
    its_own = {fact for name, fact in FACTS.items() if name.startswith(f"{domain}.")}
    assert set(table.rows) | table.silent == its_own, "a fact the table does not know would leave its case lying"
    assert not set(table.rows) & table.silent
    kinds = {kind.name for kind in table.kinds}
    for fact, rows in table.rows.items():
        for row in rows:
            wanted: set[str] = set(row.pool)
            match row:
                case CaseRow():
                    assert row.kind in kinds
                    wanted |= {*((row.key,) if isinstance(row.key, str) else row.key), *row.remembers} | (
                        {row.amount} if row.amount else set()
                    )
                    moves = [one for others in table.rows.values() for one in others if isinstance(one, CaseRow)]
                    remembered = {name for one in moves for name in one.remembers}
                    assert set(row.deadlines.values()) <= set(fact.model_fields) | remembered
                case PoolRow():
                    wanted |= ({row.total} if row.total else set()) | ({row.deadline[1]} if row.deadline else set())
                case FlagRow():
                    pass
            assert wanted <= set(fact.model_fields), fact.type


def due(state: MealsState, order: Order) -> int | None:
    """When the agents will next do something about this order."""
    keys = [f"end|{order.order_id}", f"try|{order.order_id}"]
    if order.slot is not None and order.state is OrderState.ASSIGNED:
        keys.append(order.slot.close_key)
    return min((when for when in map(state.deadlines.when, keys) if when is not None), default=None)


def differences(state: MealsState, book: AreaBook) -> Iterator[str]:
    orders = {key for kind, key in book.cases if kind == "order"}
    standing = {key for kind, key in book.cases if kind == "standing_order"}
    yield from (f"open order {name}" for name in orders ^ set(state.orders))
    yield from (f"standing order {name}" for name in standing ^ set(state.standing))
    for order in state.orders.values():
        if order.order_id in orders and book.deadline_ms(book.cases["order", order.order_id]) != due(state, order):
            yield f"deadline of {order.order_id}"
    for provider in state.providers.values():
        for slot in provider.slots.values():
            pool = book.pools.get((provider.place_id, slot.date, slot.meal))
            seen = (0, 0, 0) if pool is None else (pool.total or 0, pool.held, pool.used)
            if seen != (slot.total, slot.held, slot.used):
                yield f"places of {slot.key}"
    yield from (str(breach) for breach in book.breaches())
    yield from (str(orphan) for orphan in book.orphans())


@pytest.mark.parametrize("seed", range(6))
def test_after_every_event_of_a_random_day_the_meals_table_says_what_the_agents_hold(seed: int) -> None:
    day, area, book = RandomDay(seed), core.blank(DOMAIN, AREA), AreaBook(TABLE)
    opened = 0
    for _ in range(500):
        decision = core.handle(DOMAIN, area, day.next())
        book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
        assert list(differences(area.domain, book)) == []
        opened = max(opened, len(book.cases))
    assert opened > 20, "a day without orders proves nothing"

"""The projector in simulated time: the real one, on a transactional store in memory.

It is never in the way of a decision, may be killed between any two steps and goes on from what was saved.
"""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from streams.projections.registry import PROJECTIONS
from streams.projections.rows import Key, Mode, Row, Rows, Table
from streams.projections.store import Saved, StoreLost
from streams.projector import Projector
from streams.tail import Judged, Position
from tests.simulation.loop import SimLoop
from tests.simulation.world import World


def run_through(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing but its turn, on a loop of its own."""
    loop = SimLoop(lambda _, work: work(), lambda: 0)
    task = loop.create_task(coroutine)
    loop.turn()
    assert task.done(), "a reader waits for something that nobody does"
    return task.result()


def run_straight(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing at all."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("a reader waits for something that nobody does")


def _copied(row: Row) -> Row:
    """A row nobody else holds; its values are plain, or lists and dictionaries that a fold replaces or changes."""
    return {name: _deep(value) if isinstance(value, list | dict) else value for name, value in row.items()}


def _deep(value: Any) -> Any:
    if isinstance(value, list):
        return [_deep(one) for one in value]
    return {name: _deep(one) for name, one in value.items()} if isinstance(value, dict) else value


class Tables:
    """PostgreSQL: tables, positions, one transaction at a time. Rows become visible together with the position or not at all."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows: dict[Table, dict[Key, Row]] = {table: {} for table in PROJECTIONS[world.options.domain].tables}
        self.appended: dict[Table, list[Row]] = {table: [] for table in self.rows}
        self.saved: dict[int, Saved] = {p: Saved(Position(), None) for p in range(world.options.partitions)}
        self.history: list[tuple[int, int]] = []
        self._staged: list[tuple[str, Any, Any]] = []

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Every row by table."""
        return {table.name: list(rows.values()) + self.appended[table] for table, rows in self.rows.items()}

    @contextmanager
    def naming(self) -> Any:
        """As `Store.naming`."""
        yield

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commits at the end of the block; a fault may come before the commit, or after it with the answer lost."""
        self._staged = []
        yield
        if self.world.hit("pg_fails", 0) is not None:
            raise StoreLost("simulated: the connection was lost before the commit")
        for kind, where, what in self._staged:
            self._apply(kind, where, what)
        if self.world.hit("pg_fails_late", 0) is not None:
            raise StoreLost("simulated: committed, and the connection was lost")

    async def advance(self, was: dict[int, Saved], now: dict[int, Saved]) -> None:
        """As `Store.advance`: from exactly where the batch began."""
        for partition, saved in now.items():
            assert self.saved[partition].position == was[partition].position, "two projectors write"
            self._staged.append(("position", partition, saved))

    async def read(self, keys: dict[Table, set[Key]]) -> dict[Table, dict[Key, Row]]:
        """The entities of these keys that exist."""
        return {table: {key: _copied(self.rows[table][key]) for key in wanted if key in self.rows[table]} for table, wanted in keys.items()}

    async def write(self, rows: Rows) -> None:
        """Everything the batch makes."""
        for table in self.rows:
            for row in rows.of(table):
                key = tuple(row[name] for name in table.key)
                if table.mode is Mode.FIRST and key in self.rows[table] and table.spill is not None:
                    self._staged.append(("append", *table.spill(row)))
                elif table.mode is Mode.APPENDED:
                    self._staged.append(("append", table, row))
                else:
                    self._staged.append((table.mode.value, table, row))

    def _apply(self, kind: str, where: Any, what: Any) -> None:
        if kind == "position":
            self.saved[where] = what
            self.history.append((where, what.position.next_offset))
        elif kind == "append":
            self.appended[where].append(what)
        elif kind == Mode.MERGED.value:
            self._merge(where, what)
        else:
            self.rows[where][tuple(what[name] for name in where.key)] = what

    def _merge(self, table: Table, row: Row) -> None:
        key = tuple(row[name] for name in table.key)
        kept = self.rows[table].get(key)
        if kept is None:
            self.rows[table][key] = dict(row)
            return
        for name in table.adds:
            kept[name] += row[name]
        for name in table.maxima:
            kept[name] = max((v for v in (kept[name], row[name]) if v is not None), default=None)
        if table.latest_when and row[table.latest_when] is not None:
            kept.update({name: row[name] for name in table.latest})


class ProjectorProcess:
    """The real `Projector`, driven batch by batch."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tables = Tables(world)
        self._projector = self._fresh()

    @classmethod
    def of(cls, world: World) -> "ProjectorProcess | None":
        """None for a domain that has no projection yet."""
        return cls(world) if world.options.domain in PROJECTIONS else None

    def look(self, records_max: int = 60) -> None:
        """One batch."""
        if self.world.hit("projector_crash", 0) is not None:
            self._projector = self._fresh()
        batch = [judged for partition in range(self.world.options.partitions) for judged in self._batch(partition, records_max)]
        if not batch:
            return
        try:
            run_straight(self._projector._write(self.tables, batch))  # type: ignore[arg-type]  # the store in memory has the same shape
        except StoreLost:
            self._projector = self._fresh()  # a new session: where the rows stand is asked anew

    def _batch(self, partition: int, records_max: int) -> list[Judged]:
        position = self._projector._saved[partition].position
        if position.next_offset >= len(self.world.journal._values[partition]):
            return []
        judge = position.validity()
        out = []
        for offset, value, record in self.world.decoded(partition, position.next_offset, records_max):
            out.append(Judged(partition, offset, value, record, judge.accept(offset, record)))
        return out

    def _fresh(self) -> Projector:
        projector = Projector(PROJECTIONS[self.world.options.domain], "", lambda: (_ for _ in ()).throw(RuntimeError))
        projector._saved = dict(self.tables.saved)
        return projector

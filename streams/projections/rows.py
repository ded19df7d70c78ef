"""Tables as the projector writes them, and the rows of one batch before they are written.

Three ways to write, chosen per table so that a batch of thousands of facts costs a handful of statements:

`FOLDED`   entities: the rows a batch touches are read first, facts change them here, changed rows are written whole
`MERGED`   sums and last values: nothing is read; amounts are added and a newer value replaces an older one in the database
`APPENDED` histories: rows are only added
`FIRST`    the first row of a key stays; a later one is kept in another table
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

Key = tuple[Any, ...]
Row = dict[str, Any]


class Mode(Enum):
    """How rows of a table come about."""

    FOLDED = "folded"
    MERGED = "merged"
    APPENDED = "appended"
    FIRST = "first"


@dataclass(frozen=True, eq=False)
class Table:
    """One table. ``columns`` maps a name to its PostgreSQL type, in the order rows are written.

    ``adds``, ``maxima``, ``latest`` are of `MERGED` tables: columns that are summed, that keep the greatest value, and that
    are replaced together whenever the batch brought a value for ``latest_when`` (one of them that is never null).
    ``spill`` is of `FIRST` tables: where a later row of the same key goes.
    ``by_domain`` tables are shared by the domains and have a ``domain`` column.
    """

    name: str
    mode: Mode
    key: tuple[str, ...]
    columns: dict[str, str]
    adds: tuple[str, ...] = ()
    maxima: tuple[str, ...] = ()
    latest: tuple[str, ...] = ()
    latest_when: str = ""
    spill: Callable[[Row], tuple["Table", Row]] | None = None
    by_domain: bool = False

    def __post_init__(self) -> None:
        named = (*self.key, *self.adds, *self.maxima, *self.latest)
        assert all(name in self.columns for name in named), self.name
        if self.mode is Mode.MERGED:
            assert set(named) == set(self.columns), f"{self.name}: every merged column says how"


class Place(NamedTuple):
    """Where in the journal a fact stands, and when it became true (``at_ms``: the area's now, milliseconds since the epoch)."""

    domain: str
    partition: int
    offset: int
    record_index: int
    area: str
    at_ms: int
    event_id: str
    fact_index: int = 0


@dataclass(slots=True)
class Rows:
    """The rows of one batch: what was read for it, and what it will write."""

    read: dict[Table, dict[Key, Row]] = field(default_factory=dict)
    changed: dict[Table, dict[Key, Row]] = field(default_factory=dict)
    appended: dict[Table, list[Row]] = field(default_factory=dict)

    def get(self, table: Table, key: Key) -> Row | None:
        """The entity as the facts so far left it. The fold must have named the key before the batch was read."""
        assert table.mode is Mode.FOLDED
        row = self.changed.get(table, {}).get(key)
        return row if row is not None else self.read.get(table, {}).get(key)

    def put(self, table: Table, key: Key, row: Row) -> None:
        """The entity from now on."""
        assert table.mode is Mode.FOLDED
        self.changed.setdefault(table, {})[key] = row

    def change(self, table: Table, key: Key, **values: Any) -> Row:
        """The entity with these values replaced; `KeyError` when no fact has spoken of it before."""
        row = self.get(table, key)
        if row is None:
            raise KeyError(f"{table.name} has no such row")
        changed = {**row, **values}
        self.put(table, key, changed)
        return changed

    def add(self, table: Table, key: Key, **amounts: int) -> None:
        """Sum these amounts onto what the database holds."""
        row = self._merged(table, key)
        for name, amount in amounts.items():
            row[name] += amount

    def raise_to(self, table: Table, key: Key, **values: int) -> None:
        """Keep the greater of this and what the database holds."""
        row = self._merged(table, key)
        for name, value in values.items():
            row[name] = value if row[name] is None else max(row[name], value)

    def latest(self, table: Table, key: Key, **values: Any) -> None:
        """Replace the table's `latest` columns, all of them."""
        assert values.keys() == set(table.latest)
        assert values[table.latest_when] is not None
        self._merged(table, key).update(values)

    def append(self, table: Table, row: Row) -> None:
        """One more row of a history."""
        assert table.mode is Mode.APPENDED
        self.appended.setdefault(table, []).append(row)

    def first(self, table: Table, key: Key, row: Row) -> None:
        """Keep this row if it is the key's first in this batch; the database then says whether it is the first at all."""
        assert table.mode is Mode.FIRST
        assert table.spill is not None
        kept = self.changed.setdefault(table, {}).setdefault(key, row)
        if kept is not row:
            self.append(*table.spill(row))

    def of(self, table: Table) -> list[Row]:
        """What the batch writes into this table."""
        return self.appended.get(table, []) if table.mode is Mode.APPENDED else list(self.changed.get(table, {}).values())

    def count(self) -> int:
        """How many rows the batch writes."""
        return sum(len(rows) for rows in self.changed.values()) + sum(len(rows) for rows in self.appended.values())

    def _merged(self, table: Table, key: Key) -> Row:
        assert table.mode is Mode.MERGED
        rows = self.changed.setdefault(table, {})
        row = rows.get(key)
        if row is None:
            row = dict.fromkeys(table.columns)
            row.update(zip(table.key, key, strict=True))
            row.update(dict.fromkeys(table.adds, 0))
            rows[key] = row
        return row

"""The statements of a table, made once from its declaration. Only names of our own tables enter the text; values are parameters."""

from functools import cache

from streams.projections.rows import Mode, Table


@cache
def read_statement(table: Table) -> str:
    """Entities by key: one array parameter per key column."""
    columns = ", ".join(f"t.{name}::text" if kind == "jsonb" else f"t.{name}" for name, kind in table.columns.items())
    keys = ", ".join(f"${place}::{table.columns[name]}[]" for place, name in enumerate(table.key, 1))
    names = ", ".join(table.key)
    return f"SELECT {columns} FROM unnest({keys}) AS k ({names}) JOIN {table.name} AS t USING ({names})"  # noqa: S608


@cache
def write_statement(table: Table) -> str:
    """Rows of a batch: one array parameter per column."""
    names = ", ".join(table.columns)
    values = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(table.columns.values(), 1))
    insert = f"INSERT INTO {table.name} AS t ({names}) SELECT * FROM unnest({values})"  # noqa: S608
    key = ", ".join(table.key)
    match table.mode:
        case Mode.APPENDED:
            return insert
        case Mode.FIRST:
            return f"{insert} ON CONFLICT ({key}) DO NOTHING"
        case Mode.FOLDED:
            sets = [f"{name} = excluded.{name}" for name in table.columns if name not in table.key]
        case Mode.MERGED:
            sets = [f"{name} = t.{name} + excluded.{name}" for name in table.adds]
            sets += [f"{name} = greatest(t.{name}, excluded.{name})" for name in table.maxima]
            given = f"excluded.{table.latest_when} IS NOT NULL"
            sets += [f"{name} = CASE WHEN {given} THEN excluded.{name} ELSE t.{name} END" for name in table.latest]
    return f"{insert} ON CONFLICT ({key}) DO UPDATE SET {', '.join(sets)}"


@cache
def kept_statement(table: Table, place: tuple[str, ...]) -> str:
    """Of the given keys, those whose kept row stands at another place in the journal: the batch's row came later."""
    key = ", ".join(table.key)
    columns = (*table.key, *place)
    values = ", ".join(f"${n}::{table.columns[name]}[]" for n, name in enumerate(columns, 1))
    names = ", ".join([*table.key, *(f"new_{name}" for name in place)])
    kept = ", ".join(f"t.{name}" for name in place)
    new = ", ".join(f"new_{name}" for name in place)
    return (
        f"SELECT {key} FROM unnest({values}) AS k ({names}) JOIN {table.name} AS t USING ({key}) "  # noqa: S608
        f"WHERE ({kept}) IS DISTINCT FROM ({new})"
    )


ADVANCE = """
UPDATE journal_positions AS p
SET next_offset = n.next_offset, epoch = n.epoch, seq = n.seq, source_offset = n.source_offset, last_record = n.last_record
FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[])
    AS n (partition, was, was_epoch, next_offset, epoch, seq, source_offset, last_record)
WHERE p.domain = $1 AND p.partition = n.partition AND p.next_offset = n.was AND p.epoch = n.was_epoch AND n.next_offset > n.was
"""
"""Moves positions that stand exactly where the batch began; takes their row locks before anything else is written."""

BEGIN_AT = """
INSERT INTO journal_positions (domain, partition, next_offset, epoch, seq, source_offset)
SELECT $1, partition, 0, -1, 0, -1 FROM unnest($2::integer[]) AS n (partition) ON CONFLICT DO NOTHING
"""

POSITIONS = """
SELECT partition, next_offset, epoch, seq, source_offset, last_record FROM journal_positions WHERE domain = $1 ORDER BY partition
"""

CAUGHT_UP = "UPDATE journal_positions SET caught_up_at = greatest(caught_up_at, to_timestamp($2)) WHERE domain = $1"

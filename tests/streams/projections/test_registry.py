"""Every fact is projected or says why not, and the declared tables are the migrated ones."""

from schemas.facts import FACTS, Fact
from streams.projections.registry import PROJECTIONS, undeclared
from streams.projections.rows import Mode
from tests.streams.projections.tables import fetch


def _ours() -> list[str]:
    """What is missed, but for the facts of the tests' own domains, which share the process."""
    return [name for name in undeclared() if not FACTS[name].__module__.startswith("tests.") or name.startswith("meals.")]


def test_every_fact_type_is_named_by_a_projection() -> None:
    assert len(FACTS) > 20
    assert _ours() == []


def test_a_new_fact_type_is_missed_at_once() -> None:
    class Forgotten(Fact, fact="meals.test.forgotten.v1"):
        """Nobody projects this."""

    try:
        assert _ours() == ["meals.test.forgotten.v1"]
    finally:
        del FACTS[Forgotten.type]


def test_what_is_not_projected_says_why() -> None:
    for projection in PROJECTIONS.values():
        assert not projection.folds.keys() & projection.not_projected.keys()
        assert all(len(why) > 20 for why in projection.not_projected.values())


async def test_declared_tables_are_the_migrated_ones_with_key_and_types(database: str) -> None:
    columns = await fetch(
        database,
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' AND is_generated = 'NEVER'",
    )
    keys = await fetch(
        database,
        "SELECT c.relname, array_agg(a.attname::text) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indisprimary GROUP BY c.relname",
    )
    found_keys = {row[0]: set(row[1]) for row in keys}
    tables = {table.name: table for projection in PROJECTIONS.values() for table in projection.tables}
    for table in tables.values():
        assert {row[1]: row[2] for row in columns if row[0] == table.name} == table.columns, table.name
        assert found_keys[table.name] == set(table.key), table.name
        assert table.by_domain == ("domain" in table.columns)
        assert table.mode is not Mode.FIRST or table.spill is not None
    declared = tables.keys() | {"journal_positions", "schema_migrations"}
    assert {row[0] for row in columns} == declared

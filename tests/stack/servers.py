"""Real Kafka and PostgreSQL for tests.

`kafka_bootstrap`, `postgres_dsn`   one server for the whole session (or the one that LAOXIAO_KAFKA, LAOXIAO_POSTGRES name)
`fresh_database`                    DSN of an empty database for one test, dropped afterwards
`start_kafka`, `start_postgres`     servers of the test's own, to kill and restart; gone with the test
"""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from infra.files import files_max
from infra.stack.home import run_home
from infra.stack.kafka import KafkaCluster, existing_kafka, wait_for_kafka
from infra.stack.own_loop import in_own_loop
from infra.stack.postgres import PostgresServer, existing_postgres, wait_for_postgres
from tests.stack.leavings import sweep

StartKafka = Callable[[int], KafkaCluster]
StartPostgres = Callable[[], PostgresServer]


@pytest.fixture(scope="session")
def server_directory() -> Iterator[Path]:
    """A place for the data of this session's servers; not pytest's own, which other users cannot reach."""
    place = run_home() / "tests" / secrets.token_hex(6)
    place.mkdir(parents=True)
    files_max()
    yield place
    # What a failed test left is told, and no error of its own: the failure is the news.
    for line in sweep(place):
        print(f"left by a test: {line}")  # noqa: T201


@pytest.fixture(scope="session")
def kafka_bootstrap(server_directory: Path) -> Iterator[str]:
    """Bootstrap address of a real Kafka. Topics are shared by the session: name yours uniquely."""
    named = existing_kafka()
    if named is not None:
        wait_for_kafka(named, deadline_s=30)
        yield named
        return
    with KafkaCluster(server_directory / "kafka") as cluster:
        yield cluster.bootstrap


@pytest.fixture(scope="session")
def postgres_dsn(server_directory: Path) -> Iterator[str]:
    """DSN of a role that may create databases on a real PostgreSQL."""
    named = existing_postgres()
    if named is not None:
        wait_for_postgres(named)
        yield named
        return
    server = PostgresServer(server_directory / "postgres")
    server.start()
    yield server.dsn
    server.erase()


@pytest.fixture
def fresh_database(postgres_dsn: str) -> Iterator[str]:
    """DSN of an empty database; whoever is still connected at the end is thrown out."""
    name = f"test_{secrets.token_hex(8)}"
    in_own_loop(_execute(postgres_dsn, f'CREATE DATABASE "{name}"'))
    yield urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
    in_own_loop(_execute(postgres_dsn, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def start_kafka(server_directory: Path) -> Iterator[StartKafka]:
    """Call it with the number of brokers (1 or 3) for a started cluster that this test may kill."""
    started: list[tuple[KafkaCluster, Path]] = []

    def start(brokers: int) -> KafkaCluster:
        place = server_directory / f"kafka-{secrets.token_hex(4)}"
        cluster = KafkaCluster(place, brokers=brokers, heap_mb=256)
        started.append((cluster, place))
        cluster.start(deadline_s=120)
        return cluster

    yield start
    for cluster, place in started:
        cluster.stop(grace_s=0)
        sweep(place)


@pytest.fixture
def start_postgres(server_directory: Path) -> Iterator[StartPostgres]:
    """Call it for a started server that this test may kill."""
    started: list[PostgresServer] = []

    def start() -> PostgresServer:
        server = PostgresServer(server_directory / f"postgres-{secrets.token_hex(4)}")
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.erase()


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

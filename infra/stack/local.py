"""Both servers together, for the supervisor and for anyone who needs the whole ground."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.stack.home import run_home
from infra.stack.kafka import KafkaCluster, existing_kafka, wait_for_kafka
from infra.stack.postgres import PostgresServer, existing_postgres, wait_for_postgres


class LocalStack:
    """Kafka and PostgreSQL: ours under the run directory, or those that `LAOXIAO_KAFKA` and `LAOXIAO_POSTGRES` name.

    `kafka` and `postgres` are None for a server that is not ours: it is never stopped or killed. `bootstrap` and `dsn` are
    known once `start` has returned.
    """

    def __init__(self, home: Path | None = None, *, brokers: int = 1, heap_mb: int = 512) -> None:
        place = home or run_home()
        self.kafka = None if existing_kafka() else KafkaCluster(place / f"kafka-{brokers}", brokers=brokers, heap_mb=heap_mb)
        self.postgres = None if existing_postgres() else PostgresServer(place / "postgres")

    @property
    def bootstrap(self) -> str:
        """Kafka's bootstrap address, `host:port` with commas."""
        return self.kafka.bootstrap if self.kafka is not None else existing_kafka() or ""

    @property
    def dsn(self) -> str:
        """PostgreSQL's DSN; it holds a password, do not log it."""
        return self.postgres.dsn if self.postgres is not None else existing_postgres() or ""

    def start(self, deadline_s: float = 150.0) -> None:
        """Start both side by side and wait for both; the first trouble stops the other and is raised (`StackError`)."""
        try:
            with ThreadPoolExecutor(2) as pool:
                starts = [pool.submit(self._start_kafka, deadline_s), pool.submit(self._start_postgres, deadline_s)]
            for start in starts:
                start.result()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what is ours; afterwards no process of it is left. Stopping twice does no harm."""
        try:
            if self.kafka is not None:
                self.kafka.stop()
        finally:
            if self.postgres is not None:
                self.postgres.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _start_kafka(self, deadline_s: float) -> None:
        if self.kafka is not None:
            self.kafka.start(deadline_s)
        else:
            wait_for_kafka(self.bootstrap, deadline_s=deadline_s)

    def _start_postgres(self, deadline_s: float) -> None:
        if self.postgres is not None:
            self.postgres.start(deadline_s)
        else:
            wait_for_postgres(self.dsn, deadline_s=deadline_s)

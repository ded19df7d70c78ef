"""`python -m infra.stack.prepare java|kafka|postgres`: make sure one part of the local stack can be
started here.

Called by `infra/dev/setup`. Prints one line and exits 0, or prints the named trouble with its remedy and exits 1.
"""

import sys

from infra.stack.errors import StackError
from infra.stack.kafka.jars import fetch_jars, find_java, java_major, kafka_version
from infra.stack.kafka.readiness import existing_kafka
from infra.stack.postgres import existing_postgres
from infra.stack.postgres_binaries import find_binaries


def prepare_java() -> str:
    """A Java that can run the broker; nothing when an existing cluster is named."""
    if existing_kafka():
        return "not needed: LAOXIAO_KAFKA names a cluster"
    java = find_java()
    return f"Java {java_major(java)} ({java})"


def prepare_kafka() -> str:
    """The jars of the broker; nothing when an existing cluster is named."""
    if existing_kafka():
        return "the cluster that LAOXIAO_KAFKA names"
    libs = fetch_jars()
    return f"Kafka {kafka_version()} ({len(list(libs.glob('*.jar')))} jars)"


def prepare_postgres() -> str:
    """Binaries that run as the user they will run as; nothing when an existing server is named."""
    if existing_postgres():
        return "the server that LAOXIAO_POSTGRES names"
    binaries = find_binaries()
    return f"PostgreSQL {binaries.version} ({binaries.origin})"


def main(arguments: list[str]) -> int:
    """Prepare what is named."""
    steps = {"java": prepare_java, "kafka": prepare_kafka, "postgres": prepare_postgres}
    if len(arguments) != 1 or arguments[0] not in steps:
        sys.stderr.write(f"usage: python -m infra.stack.prepare {'|'.join(steps)}\n")
        return 2
    try:
        sys.stdout.write(f"{steps[arguments[0]]()}\n")
    except StackError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

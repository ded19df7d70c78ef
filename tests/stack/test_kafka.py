"""What the local Kafka promises: acknowledged records outlive kills, and no process outlives its owner."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.stack.errors import StackError, StackReason
from infra.stack.kafka import KafkaCluster
from infra.stack.postgres import PostgresServer
from tests.stack.records import alive, append, create_topic, ended_within, leader_of, read_to_end
from tests.stack.servers import StartKafka

pytestmark = pytest.mark.stack


async def test_one_broker_keeps_every_acknowledged_record_over_sigkill_and_restart(start_kafka: StartKafka) -> None:
    cluster = await asyncio.to_thread(start_kafka, 1)
    values = [b"%d" % number for number in range(300)]
    await create_topic(cluster.bootstrap, "kept", replicas=1)
    await append(cluster.bootstrap, "kept", values)
    killed_pid = cluster.nodes[0].pid
    assert killed_pid is not None

    cluster.kill(0)
    assert not alive(killed_pid)
    await asyncio.to_thread(cluster.restart, 0)

    assert cluster.nodes[0].pid != killed_pid
    assert await read_to_end(cluster.bootstrap, "kept") == values


async def test_three_brokers_go_on_and_lose_nothing_when_the_leader_is_killed(start_kafka: StartKafka) -> None:
    cluster = await asyncio.to_thread(start_kafka, 3)
    before = [b"before-%d" % number for number in range(50)]
    after = [b"after-%d" % number for number in range(50)]
    await create_topic(cluster.bootstrap, "shared", replicas=3)
    await append(cluster.bootstrap, "shared", before)
    leader = await leader_of(cluster.bootstrap, "shared")

    cluster.kill(leader - 1)
    await append(cluster.bootstrap, "shared", after)

    assert await leader_of(cluster.bootstrap, "shared") != leader
    assert await read_to_end(cluster.bootstrap, "shared") == before + after
    await asyncio.to_thread(cluster.restart, leader - 1)
    assert all(node.pid for node in cluster.nodes)


async def test_a_paused_broker_is_stopped_like_any_other(start_kafka: StartKafka) -> None:
    cluster = await asyncio.to_thread(start_kafka, 1)
    pid = cluster.nodes[0].pid
    assert pid is not None
    cluster.kill(0, signal.SIGSTOP)

    cluster.stop()

    assert not alive(pid)


def test_a_cluster_of_one_broker_is_not_opened_as_one_of_three(start_kafka: StartKafka) -> None:
    cluster = start_kafka(1)
    place = cluster.nodes[0].directory.parent
    cluster.stop()

    with pytest.raises(StackError) as trouble:
        KafkaCluster(place, brokers=3).start()

    assert trouble.value.reason is StackReason.DATA_OF_OTHER_SHAPE


def test_a_broker_that_cannot_start_is_named_with_the_end_of_its_log(start_kafka: StartKafka) -> None:
    cluster = start_kafka(1)
    cluster.stop()
    meta = cluster.nodes[0].directory / "data" / "meta.properties"
    meta.write_text(meta.read_text().replace("node.id=1", "node.id=9"))

    with pytest.raises(StackError) as trouble:
        cluster.start()

    assert trouble.value.reason is StackReason.KAFKA_DIED
    assert "9" in trouble.value.detail
    assert cluster.nodes[0].pid is None


def test_servers_die_with_a_supervisor_that_was_killed(server_directory: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from infra.stack.local import LocalStack\n"
        "stack = LocalStack(pathlib.Path(sys.argv[1]))\n"
        "stack.start()\n"
        "print(stack.kafka.nodes[0].pid, stack.postgres.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "LAOXIAO_HOME": str(server_directory.parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(server_directory / "orphans")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(pid) for pid in supervisor.stdout.readline().split()]
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)

        supervisor.kill()

        assert ended_within(pids, deadline_s=15)
    PostgresServer(server_directory / "orphans" / "postgres").erase()

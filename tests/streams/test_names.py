"""Names are storage: a consumer group, an agent or a topic that changes its name loses its place. A rename is a migration."""

import subprocess
import sys

import faust
import pytest
from aiokafka.partitioner import murmur2

from schemas.journal import Clock
from streams.app import WorkerConfig, make_app
from streams.partitioning import home_partition
from streams.reactor import group_name


async def test_the_pinned_names_and_settings_of_the_faust_app() -> None:
    app = make_app(WorkerConfig("127.0.0.1:1,127.0.0.1:2", "meals", 6, Clock.WALL, "w"))
    assert isinstance(app, faust.App)
    assert app.conf.id == "laoxiao-meals"
    assert group_name("meals") == "laoxiao-reactor-meals"
    assert [str(url) for url in app.conf.broker] == ["kafka://127.0.0.1:1", "kafka://127.0.0.1:2"]
    assert not app.conf.topic_allow_declare
    assert app.conf.topic_disable_leader
    assert not app.conf.web_enabled
    assert app.conf.broker_session_timeout == 10
    assert app.conf.broker_heartbeat_interval == 1


@pytest.mark.parametrize("session_timeout_s", [1.5, 6.0, 10.0, 60.0])
async def test_two_lost_heartbeats_cost_no_partition_and_a_second_is_the_longest_between_two(session_timeout_s: float) -> None:
    app = make_app(WorkerConfig("127.0.0.1:1", "emergency", 6, Clock.WALL, "w", session_timeout_s=session_timeout_s))
    assert app.conf.broker_heartbeat_interval * 3 < session_timeout_s
    assert app.conf.broker_heartbeat_interval <= 1


JAVA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}
"""What Apache Kafka's own tests expect of its murmur2."""


def test_homes_are_javas_murmur2_and_never_move() -> None:
    assert {key: int.from_bytes(murmur2(key).to_bytes(4, "big"), "big", signed=True) for key in JAVA} == JAVA
    districts = ("310101", "310104", "310105", "310106", "310115", "3101")
    assert [home_partition(area, 6) for area in districts] == [4, 4, 2, 3, 3, 5]


def test_the_state_hash_does_not_depend_on_the_hash_seed() -> None:
    program = (
        "import asyncio\n"
        "from tests.streams.bench_world import World, hashes\n"
        "from tests.streams.counting import added, held\n"
        "async def main():\n"
        "    world = World()\n"
        "    owner = await world.live()\n"
        "    world.send(*(added(f'e-{n}', f'3101{n % 7:02d}', n) for n in range(50)), held('h', '310101', 9))\n"
        "    world.deliver(owner)\n"
        "    print(hashes(owner))\n"
        "asyncio.run(main())\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert runs[0].count("3101") == 7

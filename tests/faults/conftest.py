"""A broker that one worker reaches only through a proxy."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.stack.home import free_ports
from infra.stack.kafka import Door, KafkaCluster
from tests.faults.farm import ProxyFarm
from tests.faults.proxy import Proxy, Toxics
from tests.stack.leavings import sweep
from tests.streams.conftest import known_domains  # noqa: F401 - an autouse fixture: test domains are unknown again afterwards
from tests.streams.ground import Ground, new_ground


@dataclass(frozen=True)
class SideDoor:
    """`near`: the broker as the test sees it; `far`: the same domain as the worker behind the proxy sees it."""

    near: Ground
    far: Ground
    farm: ProxyFarm
    proxy: Proxy

    def disturb(self, toxics: Toxics) -> None:
        """What is wrong with the worker's link from now on."""
        self.farm.do(lambda: setattr(self.proxy, "toxics", toxics))

    def forget_connections(self) -> None:
        """Those of now stall for good; new ones work."""
        self.farm.do(self.proxy.forget_all)


@pytest.fixture(scope="module")
def doored_broker(server_directory: Path) -> Iterator[tuple[KafkaCluster, ProxyFarm, Proxy]]:
    """A broker of this module with one more listener, advertised where the proxy listens."""
    listening, advertised = free_ports(2)
    place = server_directory / "kafka-doored"
    with ProxyFarm() as farm:
        proxy = farm.proxy("side", port=advertised, upstream=("127.0.0.1", listening))
        with KafkaCluster(place, heap_mb=256, doors=((Door("SIDE", listening, advertised),),)) as cluster:
            yield cluster, farm, proxy
    sweep(place)


@pytest.fixture
def side_door(doored_broker: tuple[KafkaCluster, ProxyFarm, Proxy]) -> Iterator[SideDoor]:
    """A domain of the test's own on that broker, and a link that is whole at the beginning."""
    cluster, farm, proxy = doored_broker
    near = new_ground(cluster.bootstrap, "f")
    yield SideDoor(near, Ground(f"127.0.0.1:{proxy.port}", near.domain), farm, proxy)
    farm.do(proxy.heal)

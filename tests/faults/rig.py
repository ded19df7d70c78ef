"""A deployment whose every link leads over a proxy, whose processes live by a clock of ours, and one of whose brokers has a small disk."""

import contextlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from infra.stack.home import free_ports
from infra.stack.kafka import Door, KafkaCluster
from infra.stack.local import LocalStack
from infra.stack.postgres import PostgresServer
from infra.supervisor.deployment import Deployment, Shape
from tests.faults.clocks import NoShim, WallClock
from tests.faults.disks import Disk, disk_for
from tests.faults.farm import ProxyFarm
from tests.faults.proxy import Proxy, Toxics
from tests.stack.leavings import unmount_below

POSTGRES_CLIENTS = ("projector", "gateway")
CLOCKED = ("worker", "gateway")
_ENDED = re.compile(r"^(?P<name>\S+) ended with (?P<code>-?\d+);")


class Comers(Protocol):
    """Clients that can come all at once."""

    def come(self, factor: float, seconds: float) -> int:
        """So many times the usual pace for so long; returns how many events that is."""


class Link:
    """One process's way to one kind of server: a proxy for each server of that kind."""

    def __init__(self, name: str, farm: ProxyFarm, proxies: tuple[Proxy, ...]) -> None:
        self.name = name
        self.proxies = proxies
        self._farm = farm

    @property
    def addresses(self) -> str:
        """`127.0.0.1:port` of every proxy, with commas."""
        return ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.proxies)

    @property
    def kafka(self) -> bool:
        """Whether brokers are at the other end."""
        return self.proxies[0].kafka

    def disturb(self, toxics: Toxics) -> None:
        """From now on this is wrong with the link."""
        for proxy in self.proxies:
            self._farm.do(lambda proxy=proxy: setattr(proxy, "toxics", toxics))  # type: ignore[misc] # mypy does not infer a default's type

    def heal(self) -> None:
        """A plain wire again."""
        for proxy in self.proxies:
            self._farm.do(proxy.heal)

    def reset_all(self) -> None:
        """RST every open connection once."""
        for proxy in self.proxies:
            self._farm.do(proxy.reset_all)

    def forget_all(self) -> None:
        """Every open connection stalls for good; new ones are whole."""
        for proxy in self.proxies:
            self._farm.do(proxy.forget_all)

    def done(self) -> Counter[str]:
        """What was really done to connections so far."""
        total: Counter[str] = Counter()
        for proxy in self.proxies:
            total.update(proxy.done)
        return total


class Rig(Deployment):
    """See the module. Everything that is done to it is counted in `done` and written to the log as JSON lines."""

    def __init__(self, shape: Shape, told: Callable[[str], None], farm: ProxyFarm) -> None:
        self._farm = farm
        self._told_outside = told
        self.links: dict[str, Link] = {}
        self.done: Counter[str] = Counter()
        self.exits: Counter[str] = Counter()
        self.missing: dict[str, str] = {}
        """Faults that this machine does not allow, with the reason."""
        self.disk: Disk | None = None
        self.crowd: Comers | None = None
        self.clock: WallClock | None = None
        self._begun_s = time.monotonic()
        unmount_below(shape.home)  # what a run that was killed left
        super().__init__(shape, self._heard)
        self.log_file = shape.home / "torture.jsonl"
        try:
            self.clock = WallClock(shape.home / "clock")
        except NoShim as error:
            self.missing["clock-jumps"] = str(error)

    def make_stack(self) -> LocalStack:
        """Servers of our own, with a door for every link."""
        stack = super().make_stack()
        assert stack.kafka is not None, "torture kills brokers: unset LAOXIAO_KAFKA"
        assert stack.postgres is not None, "torture stops PostgreSQL: unset LAOXIAO_POSTGRES"
        brokers = self.shape.brokers
        names = [*(f"worker-{number + 1}" for number in range(self.shape.workers)), "projector", "reactor", "gateway"]
        ports = iter(free_ports(2 * brokers * len(names)))
        doors: list[list[Door]] = [[] for _ in range(brokers)]
        for name in names:
            proxies = []
            for node in range(brokers):
                door = Door(name.replace("-", "").upper(), port=next(ports), advertised=next(ports))
                doors[node].append(door)
                proxies.append(self._farm.proxy(f"{name}>kafka-{node}", port=door.advertised, upstream=("127.0.0.1", door.port)))
            self.links[f"{name}>kafka"] = Link(f"{name}>kafka", self._farm, tuple(proxies))
        place = self.shape.home / f"kafka-{brokers}"
        stack.kafka = KafkaCluster(place, brokers=brokers, doors=tuple(map(tuple, doors)))
        self.disk = disk_for(place / "node-0" / "data", lambda: self.kafka.nodes[0].pid)
        for name, port in zip(POSTGRES_CLIENTS, free_ports(len(POSTGRES_CLIENTS)), strict=True):
            proxy = self._farm.proxy(f"{name}>postgres", port=port, upstream=None, kafka=False)
            self.links[f"{name}>postgres"] = Link(f"{name}>postgres", self._farm, (proxy,))
        return stack

    @property
    def kafka(self) -> KafkaCluster:
        """The brokers."""
        assert self.stack.kafka is not None
        return self.stack.kafka

    @property
    def postgres(self) -> PostgresServer:
        """PostgreSQL."""
        assert self.stack.postgres is not None
        return self.stack.postgres

    def environment(self, name: str) -> dict[str, str]:
        """The processes' way leads over the proxies; an extra worker of a storm has none and goes straight."""
        found = super().environment(name)
        kind = name.split("-", maxsplit=1)[0]
        link = self.links.get(f"{kind}-{name.rsplit('-', 1)[1]}>kafka" if kind == "worker" else f"{kind}>kafka")
        if link is not None:
            found["LAOXIAO_KAFKA"] = link.addresses
        if kind in POSTGRES_CLIENTS:
            (proxy,) = self.links[f"{kind}>postgres"].proxies
            parts = urlsplit(self.dsn)
            assert parts.port is not None
            proxy.upstream = ("127.0.0.1", parts.port)
            credentials = parts.netloc.rsplit("@", 1)[0]
            found["LAOXIAO_POSTGRES"] = urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{proxy.port}"))
        if self.clock is not None and kind in CLOCKED:
            found |= self.clock.environment
        return found

    def stop(self) -> None:
        """Stop everything and give the disk back."""
        try:
            super().stop()
        finally:
            if self.disk is not None:
                self.disk.remove()
                self.disk = None

    def note(self, what: str, **more: Any) -> None:
        """One line in the log of the run."""
        line = {"at_s": round(time.monotonic() - self._begun_s, 2), "what": what, **more}
        with self.log_file.open("a") as log:
            log.write(json.dumps(line) + "\n")

    def did(self, what: str, **more: Any) -> None:
        """Something was done to the deployment: counted and noted."""
        self.done[what] += 1
        self.note(what, **more)

    def _heard(self, sentence: str) -> None:
        ended = _ENDED.match(sentence)
        if ended is None:
            self._told_outside(sentence)
            return
        kind = ended["name"].split("-")[0]
        self.exits[f"{kind} {ended['code']}"] += 1
        with contextlib.suppress(AttributeError):  # before the log has a name
            self.note("ended", process=ended["name"], code=int(ended["code"]))


def home_of(base: Path, seed: str) -> Path:
    """Where the run of this seed keeps everything."""
    return base / re.sub(r"[^A-Za-z0-9._-]", "_", seed)

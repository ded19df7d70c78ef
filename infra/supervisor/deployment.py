"""One whole deployment on this machine: servers, topics, tables, and every process of ours, kept running."""

import asyncio
import base64
import secrets
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from infra.postgres.migrator import migrate
from infra.stack.child import log_tail
from infra.stack.home import free_ports
from infra.stack.local import LocalStack
from infra.supervisor.layout import sharing
from infra.supervisor.processes import Service, Supervisor
from infra.telemetry.carrying import in_group
from schemas.journal import Clock
from schemas.topics import DOMAINS
from streams.topics import create_topics

READY_S_MAX = 180.0
"""Every process is a Python that loads the whole project: some forty seconds of processor time together, which a small machine that has
other things to do spreads over minutes."""
RESTARTS_MAX = 8
"""A process that ended so often before everything was ready will not become ready by being waited for."""


class NotReady(RuntimeError):
    """The deployment did not become able to serve in time; the message says which process, and where its log is."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a deployment on one machine looks like."""

    home: Path
    clock: Clock
    brokers: int = 1
    workers: int = 1
    partitions: int = 6
    http_port: int = 0
    fresh: bool = True
    session_timeout_s: int = 10
    snapshot_every: int = 20_000
    auditor_silent_s_max: float = 60.0
    """An auditor that gives no sign of life for so long is ended and started again."""
    domains: tuple[str, ...] = DOMAINS
    """Whose workers, projectors and reactors run. Topics and tables are there for all."""


class Deployment:
    """Start, watch and stop everything. `tick` must be called a few times a second by whoever waits."""

    def __init__(self, shape: Shape, told: Callable[[str], None]) -> None:
        self.shape = shape
        self._told = told
        if shape.fresh and shape.home.exists():
            shutil.rmtree(shape.home)
        shape.home.mkdir(parents=True, exist_ok=True)
        self.stack = self.make_stack()
        self.supervisor = Supervisor(shape.home / "logs", told)
        self.http_port = shape.http_port or free_ports(1)[0]
        self.metrics_ports: dict[str, int] = {}

    @property
    def url(self) -> str:
        """Where the page and the API are."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def bootstrap(self) -> str:
        """Kafka's bootstrap servers."""
        return self.stack.bootstrap

    @property
    def dsn(self) -> str:
        """PostgreSQL's DSN; it holds a password."""
        return self.stack.dsn

    def make_stack(self) -> LocalStack:
        """The servers, not started. A fault test puts other ones there."""
        return LocalStack(self.shape.home, brokers=self.shape.brokers)

    async def start(self) -> None:
        """Bring everything up in order, telling each step and its seconds."""
        await self._step("Apache Kafka and PostgreSQL", asyncio.to_thread(self.stack.start))
        await self._step("topics", create_topics(self.bootstrap, self.shape.partitions))
        await self._step("tables", migrate(self.dsn))
        await self._step("workers, projector, reactor, gateway, auditor", self._start_services())

    def stop(self) -> None:
        """Stop every process of ours, then the servers."""
        self.supervisor.stop()
        self.stack.stop()

    def stop_workers(self) -> None:
        """Stop every worker cleanly: all it decided is durable, and its state is left as a snapshot."""
        self.supervisor.stop([name for name in self.supervisor.running if name.startswith("worker-")])

    def stop_auditor(self) -> None:
        """Stop the drills, so that the deployment can come to rest."""
        self.supervisor.stop(["auditor"])

    def tick(self) -> None:
        """Start again what ended."""
        self.supervisor.tick()

    async def start_again(self) -> None:
        """Start what `stop_workers` and `stop_auditor` have ended, and wait until all of it serves."""
        self._add_workers()
        self._add_auditor()
        await self.wait_ready()

    def _add_workers(self) -> None:
        for domain in self.shape.domains:
            for number in range(1, self.shape.workers + 1):
                self._add(f"worker-{domain}-{number}", "worker", "--domain", domain)

    async def _start_services(self) -> None:
        self._add_workers()
        for suffix, domains in sharing(self.shape.domains):
            named = [argument for domain in domains for argument in ("--domain", domain)]
            self._add(f"projector{suffix}", "projector", *named)
            self._add(f"reactor{suffix}", "reactor", *named)
        self._add("gateway", "gateway")
        self._add_auditor()
        await self.wait_ready()

    def _add_auditor(self) -> None:
        watched = [argument for domain in self.shape.domains for argument in ("--domain", domain)]
        name = "auditor"
        self.metrics_ports[name] = free_ports(1)[0]
        pulse = self.shape.home / "auditor.pulse"
        self.supervisor.add(Service(name, (name, *watched), self.environment(name), pulse, self.shape.auditor_silent_s_max))

    def _add(self, name: str, *arguments: str) -> None:
        self.metrics_ports[name] = free_ports(1)[0]
        self.supervisor.add(Service(name, arguments, self.environment(name)))

    def environment(self, name: str) -> dict[str, str]:
        """What the process of this name finds in its environment. A fault test sends some of them another way to the servers."""
        return {
            "LAOXIAO_KAFKA": self.bootstrap,
            "LAOXIAO_POSTGRES": self.dsn,
            "LAOXIAO_HOME": str(self.shape.home),
            "LAOXIAO_CLOCK": str(self.shape.clock),
            "LAOXIAO_PARTITIONS": str(self.shape.partitions),
            # Whatever the shell says: a deployment on one machine is open, and on loopback only.
            "LAOXIAO_ACCESS": "open",
            "LAOXIAO_HTTP_HOST": "127.0.0.1",
            "LAOXIAO_HTTP_PORT": str(self.http_port),
            "LAOXIAO_METRICS_PORT": str(self.metrics_ports[name]),
            "LAOXIAO_PROCESS": name,
            "LAOXIAO_SESSION_TIMEOUT_S": str(self.shape.session_timeout_s),
            "LAOXIAO_SNAPSHOT_EVERY": str(self.shape.snapshot_every),
            "LAOXIAO_QUARANTINE_KEY": self._quarantine_key(),
            "LAOXIAO_AUDIT_DOOR": self.url,
        }

    def _quarantine_key(self) -> str:
        """One key for this deployment, kept beside its data with owner-only rights."""
        place = self.shape.home / "quarantine.key"
        if not place.exists():
            place.touch(mode=0o600)
            place.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        return place.read_text()

    async def wait_ready(self) -> None:
        """Until the gateway says it can serve, every worker is in its group, and every other process shows its metrics.

        A worker that lives and is not in its group yet takes over nothing, and its joining makes every area of its domain stand still
        for a moment: better before the first request than after it.
        """
        deadline = time.monotonic() + READY_S_MAX
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            waiting = set(self.metrics_ports)
            while waiting:
                self.tick()
                # All seen once, all are looked at again: a worker that joins puts the others outside for a moment.
                waiting = await self._not_ready(client, waiting) or await self._not_ready(client, set(self.metrics_ports))
                broken = [name for name in sorted(waiting) if self.supervisor.running[name].restarts >= RESTARTS_MAX]
                if broken:
                    raise NotReady(f"ended {RESTARTS_MAX} times while it was waited for: {self._last_words(broken)}")
                if waiting and time.monotonic() > deadline:
                    raise NotReady(f"not ready after {READY_S_MAX:.0f} s: {self._last_words(sorted(waiting))}")
                await asyncio.sleep(0.1)

    async def _not_ready(self, client: httpx.AsyncClient, names: set[str]) -> set[str]:
        return {name for name in names if not await self._ready(client, name)}

    async def _ready(self, client: httpx.AsyncClient, name: str) -> bool:
        gateway, worker = name == "gateway", name.startswith("worker-")
        try:
            answer = await client.get(f"{self.url}/readyz" if gateway else f"http://127.0.0.1:{self.metrics_ports[name]}/metrics")
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and (not worker or in_group(answer.text))

    def _last_words(self, names: list[str]) -> str:
        """Of each of these processes: how often it was started again, where its log is, and how that ends."""
        told = []
        for process in (self.supervisor.running[name] for name in names):
            tail = log_tail(process.log_file, 8)
            told.append(f"{process.service.name} (restarts: {process.restarts}, log: {process.log_file}), which ends:\n{tail}")
        return "\n".join(told)

    async def _step(self, what: str, work: Awaitable[object]) -> None:
        started = time.monotonic()
        self._told(f"{what} …")
        await work
        self._told(f"{what}: {time.monotonic() - started:.1f} s")

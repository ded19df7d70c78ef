"""Start, stop, kill and restart the brokers of one local cluster."""

import base64
import json
import os
import signal
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.stack.child import Child, Launch, run_to_end
from infra.stack.errors import StackError, StackReason
from infra.stack.home import free_ports, port_answers, port_is_free
from infra.stack.kafka.jars import find_java, jars_directory
from infra.stack.kafka.readiness import wait_for_kafka
from infra.stack.kafka.settings import Door, NodePorts, node_properties

_LOG4J = Path(__file__).with_name("log4j2.xml")
START_SECONDS_MAX = 120.0
"""A broker starts in three seconds on an idle machine; on a small one where everything starts at once it takes a minute."""
_FORMAT_SECONDS_MAX = 120.0
_STOP_GRACE_S = 10.0
_PAUSE_S = 0.05
_JVM = (
    "-server",
    # Only the quick compiler: on two cores the optimizing one takes most of one for the first minutes of every broker, and what it
    # makes of Kafka, which mostly waits for the kernel, saves a tenth afterwards (infra/docs/benchmarks.md).
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:+ExitOnOutOfMemoryError",  # a broker without memory must die, not linger
    "-Djava.awt.headless=true",
)


@dataclass
class KafkaNode:
    """One broker and controller of the cluster."""

    index: int
    ports: NodePorts
    directory: Path
    child: Child | None = field(default=None, repr=False)

    @property
    def pid(self) -> int | None:
        """The process id of the JVM; None when it does not run."""
        return self.child.pid if self.child is not None and self.child.running else None

    @property
    def log_file(self) -> Path:
        """Everything the broker prints."""
        return self.directory / "broker.log"


class KafkaCluster:
    """One or three Apache Kafka nodes (each broker and controller) on loopback.

    `data_dir` keeps the cluster id, the ports and the records; a new cluster object on the same directory goes on where
    the last one ended, also after SIGKILL. All methods block. `bootstrap` is known once `start` has returned.
    `doors` are more listeners, by node: the first tuple belongs to node 0.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        brokers: int = 1,
        heap_mb: int = 512,
        libs: Path | None = None,
        doors: tuple[tuple[Door, ...], ...] = (),
    ) -> None:
        assert brokers in {1, 3}, f"a cluster of {brokers} nodes has no use here"
        assert len(doors) in {0, brokers}, "each node has its own doors, or none has"
        self._doors = doors or ((),) * brokers
        self._data_dir = data_dir.resolve()
        self._brokers = brokers
        self._heap_mb = heap_mb
        self._libs = libs
        self._cluster_id = ""
        self.nodes: tuple[KafkaNode, ...] = ()

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:port` of every node, with commas."""
        assert self.nodes, "start() has not been called"
        return ",".join(f"127.0.0.1:{node.ports.client}" for node in self.nodes)

    def start(self, deadline_s: float = START_SECONDS_MAX) -> None:
        """Format what is new, start every node and wait until all are registered.

        Raises `StackError`: java_missing, java_too_old, kafka_jars_missing, data_of_other_shape, kafka_format_failed,
        kafka_died, kafka_not_ready. After an error no process of ours is left.
        """
        assert not any(node.pid for node in self.nodes), "already started"
        java = find_java()
        libs = self._libs or jars_directory()
        self._load_shape()
        try:
            with ThreadPoolExecutor(len(self.nodes)) as pool:
                list(pool.map(lambda node: self._format(node, java, libs), self.nodes))
            for node in self.nodes:
                self._launch(node, java, libs)
            self.wait_ready(deadline_s=deadline_s)
        except BaseException:
            self.stop(grace_s=0)
            raise

    def wait_ready(self, *, brokers_min: int | None = None, deadline_s: float = START_SECONDS_MAX) -> None:
        """Wait until so many brokers (without a number: every one that runs) are registered with the controller."""
        running = [node for node in self.nodes if node.pid]
        wanted = brokers_min if brokers_min is not None else len(running)
        started = time.monotonic()
        for node in running:
            while not port_answers(node.ports.client):
                _require_running(running)
                if time.monotonic() - started > deadline_s:
                    raise StackError(
                        StackReason.KAFKA_NOT_READY,
                        f"node {node.index} does not listen after {deadline_s:.0f} s; its log ends:\n{_tail(node)}",
                        "a machine under heavy load may need a longer deadline",
                    )
                time.sleep(_PAUSE_S)
        left_s = max(1.0, deadline_s - (time.monotonic() - started))
        # Asking only those that run: an address that answers nobody costs the client a second per try.
        bootstrap = ",".join(f"127.0.0.1:{node.ports.client}" for node in running)
        wait_for_kafka(bootstrap, brokers_min=wanted, deadline_s=left_s, between_tries=lambda: _require_running(running))

    def stop(self, grace_s: float = _STOP_GRACE_S) -> None:
        """SIGTERM to every node, SIGKILL after the grace; afterwards none is left. Stopping twice does no harm."""
        running = [node.child for node in self.nodes if node.child is not None and node.child.running]
        enders = [threading.Thread(target=child.stop, args=(signal.SIGTERM, grace_s)) for child in running]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()

    def kill(self, index: int, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to node `index` (from 0): SIGKILL returns when it is gone, SIGSTOP pauses, SIGCONT resumes."""
        child = self.nodes[index].child
        assert child is not None, "start() has not been called"
        if number == signal.SIGKILL:
            child.kill()
        else:
            child.send(number)

    def restart(self, index: int, deadline_s: float = START_SECONDS_MAX) -> None:
        """Start node `index` again on its data and ports (after SIGTERM if it runs) and wait until it is registered."""
        node = self.nodes[index]
        if node.child is not None:
            node.child.stop(signal.SIGTERM, _STOP_GRACE_S)
        self._launch(node, find_java(), self._libs or jars_directory())
        try:
            self.wait_ready(deadline_s=deadline_s)
        except StackError:
            self.kill(index)
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _load_shape(self) -> None:
        """Read or choose the cluster id and the ports; ports that are taken meanwhile are chosen anew."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        shape_file = self._data_dir / "cluster.json"
        if shape_file.exists():
            shape = json.loads(shape_file.read_text())
            self._cluster_id = shape["cluster_id"]
            ports = tuple(NodePorts(**node) for node in shape["ports"])
            if len(ports) != self._brokers:
                raise StackError(
                    StackReason.DATA_OF_OTHER_SHAPE,
                    f"{self._data_dir} holds a cluster of {len(ports)} brokers, asked for are {self._brokers}",
                    "start it with that number, or name another directory (LAOXIAO_HOME)",
                )
        else:
            self._cluster_id = _new_cluster_id()
            ports = ()
        if not ports or not all(port_is_free(p) for node in ports for p in (node.client, node.controller)):
            fresh = free_ports(2 * self._brokers)
            ports = tuple(NodePorts(client=fresh[2 * i], controller=fresh[2 * i + 1]) for i in range(self._brokers))
        text = json.dumps({"cluster_id": self._cluster_id, "ports": [vars(node) for node in ports]}, indent=1)
        part = shape_file.with_suffix(".part")
        part.write_text(text)
        part.replace(shape_file)
        self.nodes = tuple(KafkaNode(i, node, self._data_dir / f"node-{i}") for i, node in enumerate(ports))

    def _format(self, node: KafkaNode, java: Path, libs: Path) -> None:
        """Write the node's settings and, once in its life, format its storage with the cluster id."""
        storage = node.directory / "data"
        node.directory.mkdir(parents=True, exist_ok=True)
        properties = node.directory / "server.properties"
        ports = tuple(other.ports for other in self.nodes)
        properties.write_text(node_properties(index=node.index, ports=ports, data_dir=storage, doors=self._doors[node.index]))
        if (storage / "meta.properties").exists():
            return
        flags = ["-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp", f"{libs}/*", *_log_flags()]
        answer = run_to_end(
            [str(java), *flags, "kafka.tools.StorageTool", "format", "-t", self._cluster_id, "-c", str(properties)],
            user=None,
            working_dir=node.directory,
            environment=_environment(),
            timeout_s=_FORMAT_SECONDS_MAX,
        )
        if answer.returncode != 0:
            raise StackError(
                StackReason.KAFKA_FORMAT_FAILED,
                "\n".join(answer.stdout.splitlines()[-15:]),
                f"remove {node.directory} if nothing in it is needed",
            )

    def _launch(self, node: KafkaNode, java: Path, libs: Path) -> None:
        heap = [f"-Xmx{self._heap_mb}m", f"-Xms{min(256, self._heap_mb)}m"]
        arguments = ["-cp", f"{libs}/*", *_log_flags(), "kafka.Kafka", str(node.directory / "server.properties")]
        node.child = Child(
            Launch(
                name=f"kafka-{node.index}",
                program=[str(java), *heap, *_JVM, *arguments],
                log_file=node.log_file,
                working_dir=node.directory,
                # A broker whose supervisor is gone has nobody left to wait for its controlled shutdown.
                death_signal=signal.SIGKILL,
                environment=_environment(),
            )
        )


def _require_running(nodes: list[KafkaNode]) -> None:
    for node in nodes:
        if node.child is not None and not node.child.running:
            raise StackError(
                StackReason.KAFKA_DIED,
                f"node {node.index} ended with code {node.child.exit_code}; its log ends:\n{_tail(node)}",
                "the last lines of its log say why",
            )


def _tail(node: KafkaNode) -> str:
    return node.child.log_tail() if node.child is not None else ""


def _log_flags() -> list[str]:
    return [f"-Dlog4j2.configurationFile={_LOG4J}"]


def _environment() -> dict[str, str]:
    """What a JVM needs; options meant for other Java programs must not reach the broker."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ", "TMPDIR") if name in os.environ}


def _new_cluster_id() -> str:
    """16 random bytes in Kafka's base64 form; a leading dash would be taken for a flag by the format tool."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text

"""Where the run directory is and which loopback ports are free."""

import os
import random
import socket
from pathlib import Path

from infra.stack.errors import StackError, StackReason

PROJECT_ROOT = Path(__file__).resolve().parents[2]
_EPHEMERAL_RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_PORT_MIN = 20_000


def run_home() -> Path:
    """The git-ignored directory of everything that runs: `LAOXIAO_HOME`, or `.laoxiao` at the project root."""
    named = os.environ.get("LAOXIAO_HOME")
    return Path(named).expanduser().resolve() if named else PROJECT_ROOT / ".laoxiao"


def free_ports(count: int) -> list[int]:
    """`count` different loopback ports that nothing listens on.

    They lie below the range the kernel gives to outgoing connections. A client that keeps dialling a dead server inside
    that range can be given the very port it dials and connect to itself; then the server can never come back there.
    """
    port_max = _ephemeral_min() - 1
    chooser = random.SystemRandom()
    found: list[int] = []
    for _ in range(2_000):
        port = chooser.randint(_PORT_MIN, port_max)
        if port not in found and port_is_free(port):
            found.append(port)
            if len(found) == count:
                return found
    raise StackError(
        StackReason.NO_FREE_PORT,
        f"fewer than {count} free loopback ports between {_PORT_MIN} and {port_max}",
        "stop what listens there",
    )


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_answers(port: int) -> bool:
    """Whether something accepts connections on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _ephemeral_min() -> int:
    try:
        low = int(_EPHEMERAL_RANGE_FILE.read_text().split()[0])
    except OSError:
        low = 32_768
    # A machine that gives almost every port to outgoing connections leaves no room below: share the range then.
    return low if low > _PORT_MIN + 1_000 else 60_000

"""Is a Kafka cluster able to serve? Asked with a real metadata request, not by an open port."""

import asyncio
import os
import time
from collections.abc import Callable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from infra.stack.errors import StackError, StackReason
from infra.stack.own_loop import in_own_loop

_PAUSE_S = 0.1


def existing_kafka() -> str | None:
    """The bootstrap address that `LAOXIAO_KAFKA` names (`host:port,...`), None when it names none."""
    return os.environ.get("LAOXIAO_KAFKA", "").strip() or None


def wait_for_kafka(
    bootstrap: str, *, brokers_min: int = 1, deadline_s: float = 60.0, between_tries: Callable[[], None] = lambda: None
) -> None:
    """Block until so many brokers are registered and a controller is known.

    `between_tries` may end the wait at once by raising. Raises `kafka_not_ready`.
    """
    started = time.monotonic()
    while True:
        seen = in_own_loop(_registered_brokers(bootstrap))
        if isinstance(seen, int) and seen >= brokers_min:
            return
        between_tries()
        elapsed_s = time.monotonic() - started
        if elapsed_s > deadline_s:
            state = f"{seen} of {brokers_min} brokers registered" if isinstance(seen, int) else seen
            raise StackError(
                StackReason.KAFKA_NOT_READY,
                f"{bootstrap} after {elapsed_s:.0f} s: {state}",
                "is the address right and the machine not overloaded? The broker's log says more",
            )
        time.sleep(_PAUSE_S)


async def _registered_brokers(bootstrap: str) -> int | str:
    """How many brokers the cluster has, 0 when it has no controller yet, or in words why nothing answers."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        async with asyncio.timeout(10):
            await admin.start()
            cluster = await admin.describe_cluster()
    except (KafkaError, OSError, TimeoutError) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        await admin.close()
    return len(cluster["brokers"]) if cluster["controller_id"] >= 0 else 0

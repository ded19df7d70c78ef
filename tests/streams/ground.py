"""What the tests of the carrying stand on: a broker, and a domain of their own so that no test sees another's records."""

import itertools
import os
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.topics import ALARMS, HEARTBEATS, QUARANTINE, Topic, topics

SHARED = (QUARANTINE, ALARMS, HEARTBEATS)
"""Topics that every test of a session stands on: another test may have just made them."""
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Ground:
    """A bootstrap address and a domain name nobody else uses."""

    bootstrap: str
    domain: str

    async def make_topics(self, partitions: int) -> None:
        """The three topics of the domain, with the table's own settings, and the shared ones that are missing."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await admin.start()
            there = set(await admin.list_topics())
            wanted = [topic for topic in topics((self.domain,)) if topic.name not in there]
            answer = await admin.create_topics([_new(topic, partitions) for topic in wanted])
            assert all(code == 0 or name in SHARED for name, code, _ in answer.topic_errors), answer
        finally:
            await admin.close()


def new_ground(bootstrap: str, prefix: str = "t") -> Ground:
    """A ground nobody else stands on, also in other processes on the same broker."""
    return Ground(bootstrap, f"{prefix}{os.getpid()}x{next(_NUMBERS)}")


def _new(topic: Topic, partitions: int) -> NewTopic:
    return NewTopic(topic.name, partitions if topic.partitioned else 1, 1, topic_configs=topic.config(1))

"""The peer of the worker: read records of one partition and append them to another topic, with the same client library, and
nothing else. No group, no Faust, no decoding, no decision; what it does in a second is what the client library can do here.

`python -m infra.bench.copier <bootstrap> <from topic> <to topic> <partition> <first offset> <records>` prints two numbers: seconds
from the first fetched record to the last durable one, and seconds of processor time spent on it.
"""

import asyncio
import sys
import time

import uvloop
from aiokafka import TopicPartition

from streams.kafka import producer, reader


async def copy(bootstrap: str, source: str, target: str, *, partition: int, first: int, records: int) -> tuple[float, float]:
    """Copy so many records; returns the seconds and the processor seconds it took."""
    consumer, writer = reader(bootstrap), producer(bootstrap)
    await consumer.start()
    await writer.start()
    try:
        place = TopicPartition(source, partition)
        consumer.assign([place])
        consumer.seek(place, first)
        began_s = cpu_began_s = 0.0
        on_their_way: set[asyncio.Future[object]] = set()
        left = records
        while left > 0:
            for row in (await consumer.getmany(place, timeout_ms=1_000, max_records=min(500, left))).get(place, []):
                if not began_s:
                    began_s, cpu_began_s = time.monotonic(), time.process_time()
                on_their_way.add(await writer.send(target, row.value, key=row.key, partition=partition))
                left -= 1
            # As much on its way as the worker allows itself.
            while len(on_their_way) > 1_000:
                _, on_their_way = await asyncio.wait(on_their_way, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*on_their_way)
        return time.monotonic() - began_s, time.process_time() - cpu_began_s
    finally:
        await consumer.stop()
        await writer.stop()


def main(bootstrap: str, source: str, target: str, *numbers: str) -> None:
    """The command line."""
    partition, first, records = map(int, numbers)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seconds, cpu_s = runner.run(copy(bootstrap, source, target, partition=partition, first=first, records=records))
    sys.stdout.write(f"{seconds} {cpu_s}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

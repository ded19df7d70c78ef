"""Where an area lives: every event of one area goes through one partition, whoever sent it (design, section 4)."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=65_536)
def home_partition(area: str, partitions: int) -> int:
    """The partition of this area: Java's murmur2 of its UTF-8 bytes, sign bit cleared, modulo the count.

    Java producers and aiokafka choose the same by default; librdkafka needs `partitioner=murmur2_random`.
    """
    if partitions < 1:
        raise ValueError("a topic has at least one partition")
    return int(murmur2(area.encode()) & 0x7FFFFFFF) % partitions

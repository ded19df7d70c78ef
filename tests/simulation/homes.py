"""The home partition of an area, written again from Kafka's description of murmur2, so that the product's own is checked by it."""

from functools import lru_cache

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995


@lru_cache(maxsize=4096)
def home_of(area: str, partitions: int) -> int:
    """Kafka's default partitioner: murmur2 of the key's UTF-8 bytes, sign bit cleared, modulo the partitions."""
    data = area.encode()
    mixed = (0x9747B28C ^ len(data)) & _MASK
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _M & _MASK
        word = (word ^ word >> 24) * _M & _MASK
        mixed = (mixed * _M & _MASK) ^ word
    rest = data[whole:]
    if rest:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * _M & _MASK
    mixed = (mixed ^ mixed >> 13) * _M & _MASK
    return ((mixed ^ mixed >> 15) & 0x7FFFFFFF) % partitions

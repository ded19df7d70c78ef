"""Just enough of Kafka's framing to say which request a connection carries and which response answers it."""

import struct
from typing import NamedTuple

PRODUCE, JOIN_GROUP = 0, 11
_REQUEST_HEAD_BYTES = 8
_RESPONSE_HEAD_BYTES = 4


class Frame(NamedTuple):
    """The head of one request or response; `api_key` is -1 in a response."""

    api_key: int
    correlation_id: int


class Frames:
    """Follows one direction of one connection from its first byte; told every piece, it names the frames that begin in it."""

    def __init__(self, *, requests: bool) -> None:
        self._requests = requests
        self._head = bytearray()
        self._body_left = 0

    def feed(self, piece: bytes) -> list[Frame]:
        """The frames whose head became complete with this piece, in order."""
        found: list[Frame] = []
        wanted = 4 + (_REQUEST_HEAD_BYTES if self._requests else _RESPONSE_HEAD_BYTES)
        place = 0
        while place < len(piece):
            if self._body_left:
                step = min(self._body_left, len(piece) - place)
                self._body_left -= step
                place += step
                continue
            step = min(wanted - len(self._head), len(piece) - place)
            self._head += piece[place : place + step]
            place += step
            if len(self._head) == wanted:
                found.append(self._begun())
        return found

    def _begun(self) -> Frame:
        if self._requests:
            size, api_key, _, correlation_id = struct.unpack(">ihhi", self._head)
            self._body_left = size - _REQUEST_HEAD_BYTES
        else:
            size, correlation_id = struct.unpack(">ii", self._head)
            api_key, self._body_left = -1, size - _RESPONSE_HEAD_BYTES
        assert self._body_left >= 0, f"a frame of {size} bytes: this is not Kafka's protocol"
        self._head.clear()
        return Frame(api_key, correlation_id)

    @staticmethod
    def client_id_in(piece: bytes) -> str | None:
        """The client id that the first request of a connection names; None when the piece is no whole head or names none."""
        if len(piece) < 14:
            return None
        (length,) = struct.unpack(">h", piece[12:14])
        return piece[14 : 14 + length].decode(errors="replace") if length >= 0 else None

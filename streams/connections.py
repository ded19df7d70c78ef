"""One repair of aiokafka 0.14 under uvloop: a request on a connection that has just been closed is a broken connection.

asyncio's transports ignore or refuse such a write with an `OSError`, which aiokafka turns into `KafkaConnectionError` and tries again.
uvloop's raise `RuntimeError` ("the handler is closed"), which passes every handler of network errors in aiokafka and in ours, and
ended a worker as if its code were broken (70). Found by torture: a broker was killed between two turns of the loop.
"""

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_send = AIOKafkaConnection.send


def _send_or_say_broken(self: Any, request: Any, expect_response: bool = True) -> Any:
    writer = self._writer
    try:
        return _send(self, request, expect_response)
    except RuntimeError as error:
        if writer is None or not writer.transport.is_closing():
            raise
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"the connection was closed: {error}") from error


def install() -> None:
    """Repair the class for this process; doing it twice changes nothing."""
    AIOKafkaConnection.send = _send_or_say_broken

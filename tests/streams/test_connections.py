"""A connection that was closed a moment ago is a network error, also under uvloop: never broken code."""

import asyncio
from typing import Any

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

import streams.kafka  # noqa: F401 - whoever talks to Kafka has the repair


def test_a_request_on_a_connection_that_uvloop_has_just_closed_is_a_broken_connection() -> None:
    async def ask() -> None:
        server = await asyncio.start_server(lambda _reader, theirs: theirs.close(), "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        _, writer = await asyncio.open_connection(host, port)
        writer.transport.abort()
        await asyncio.sleep(0.05)  # until the transport is really gone; nothing tells of it
        with pytest.raises(RuntimeError, match="handler is closed"):
            writer.write(b"so it is")
        connection: Any = AIOKafkaConnection(host=host, port=port)
        connection._versions = {3: (0, 1)}
        connection._writer = writer  # aiokafka has not heard of the closing yet
        with pytest.raises(KafkaConnectionError):
            await connection.send(MetadataRequest([]))
        server.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(ask())

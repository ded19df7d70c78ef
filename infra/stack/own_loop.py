"""Ask an asyncio client from blocking code."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def in_own_loop(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run the coroutine to its end on a loop of its own in a thread of its own.

    So blocking code can ask an asyncio client also when the caller's thread already runs a loop.
    """
    future: Future[_Result] = Future()

    def serve() -> None:
        try:
            future.set_result(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - carried to the caller, whose error it is
            future.set_exception(error)

    thread = threading.Thread(target=serve, name="readiness", daemon=True)
    thread.start()
    thread.join()
    return future.result()

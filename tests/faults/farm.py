"""Proxies on a thread of their own, so that a busy test does not make the network slow."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.faults.proxy import Proxy

T = TypeVar("T")


class ProxyFarm:
    """Start and stop proxies, and change their toxics, from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self._proxies: list[Proxy] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for proxy in self._proxies:
            self._wait(proxy.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def proxy(self, name: str, *, port: int, upstream: tuple[str, int] | None, kafka: bool = True) -> Proxy:
        """A started proxy."""

        async def make() -> Proxy:
            proxy = Proxy(name, port=port, upstream=upstream, kafka=kafka)
            await proxy.start()
            return proxy

        made = self._wait(make())
        self._proxies.append(made)
        return made

    def do(self, change: Callable[[], None]) -> None:
        """Run a change on the proxies' thread and return when it is done."""

        async def run() -> None:
            change()

        self._wait(run())

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

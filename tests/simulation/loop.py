# ruff: noqa: ARG002 - the shape of an event loop
"""An event loop of one simulated process: virtual time, no threads, no sockets, and it can be killed between two callbacks.

The carrying's own coroutines (`streams.owner`, `streams.recovery`, `streams.snapshotter`, `streams.clock`) run on it unchanged.
"""

import asyncio
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import Any, cast

Callback = Callable[..., Any]


class SimHandle:
    """What `call_soon` and `call_later` give back."""

    __slots__ = ("args", "callback", "cancelled_", "context")

    def __init__(self, callback: Callback, args: tuple[Any, ...], context: Context | None) -> None:
        self.callback = callback
        self.args = args
        self.context = context
        self.cancelled_ = False

    def cancel(self) -> None:
        """Never run it."""
        self.cancelled_ = True

    def cancelled(self) -> bool:
        """Whether it will never run."""
        return self.cancelled_

    def run(self) -> None:
        """Run it in its context."""
        if not self.cancelled_:
            if self.context is None:
                self.callback(*self.args)
            else:
                self.context.run(self.callback, *self.args)


class SimLoop:
    """What `asyncio` and the carrying use of a loop, and nothing else: whoever asks for a socket here is told at once.

    ``later(at_ms, fn)`` puts work on the world's heap; ``now_ms`` is the world's clock."""

    def __init__(self, later: Callable[[int, Callable[[], None]], None], now_ms: Callable[[], int]) -> None:
        self._later = later
        self._now_ms = now_ms
        self._ready: deque[SimHandle] = deque()
        self._tasks: list[asyncio.Task[Any]] = []
        self._context = copy_context()
        self.dead = False
        self.errors: list[dict[str, Any]] = []

    # What asyncio asks of a loop ------------------------------------------------------------------------------------------------

    def time(self) -> float:
        """Virtual seconds."""
        return self._now_ms() / 1000

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Until it is killed."""
        return not self.dead

    def is_closed(self) -> bool:
        """When it is killed."""
        return self.dead

    def call_soon(self, callback: Callback, *args: Any, context: Context | None = None) -> Any:
        """Behind what is ready already."""
        handle = SimHandle(callback, args, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(self, callback: Callback, *args: Any, context: Context | None = None) -> Any:
        """There is only one thread."""
        return self.call_soon(callback, *args, context=context)

    def call_later(self, delay: float, callback: Callback, *args: Any, context: Context | None = None) -> Any:
        """After so many virtual seconds."""
        handle = SimHandle(callback, args, context)
        self._later(self._now_ms() + max(0, round(delay * 1000)), lambda: self._wake(handle))
        return handle

    def call_at(self, when: float, callback: Callback, *args: Any, context: Context | None = None) -> Any:
        """At this virtual second."""
        return self.call_later(when - self.time(), callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=cast("Any", self))

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None, **ignored: Any) -> Any:
        """A task of this loop, remembered so that it can be killed with the process."""
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=cast("Any", self), name=name, context=context)
        if len(self._tasks) > 64:
            self._tasks = [one for one in self._tasks if not one.done()]
        self._tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Callback, *args: Any) -> Any:
        """Done before this returns: no thread may decide an order."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - the executor's contract: the future carries it
            future.set_exception(error)
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Kept for the checkers: a callback of the carrying never raises."""
        self.errors.append(context)

    # What the simulator asks ----------------------------------------------------------------------------------------------------

    def do(self, callback: Callback, *args: Any) -> None:
        """Run this inside the process, then everything that became ready."""
        if self.dead:
            return
        self.call_soon(callback, *args, context=self._context)
        self.turn()

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Start a coroutine inside the process."""
        if self.dead:
            coroutine.close()
            return
        self.create_task(coroutine)
        self.turn()

    def turn(self) -> None:
        """Run until nothing is ready."""
        before: Any = events._get_running_loop()
        if before is self:
            return
        events._set_running_loop(cast("Any", self))
        try:
            while self._ready:
                handle = self._ready.popleft()
                try:
                    handle.run()
                except Exception as error:  # noqa: BLE001 - what a real loop does with a callback that raises
                    self.call_exception_handler({"message": "callback raised", "exception": error})
        finally:
            events._set_running_loop(before)

    def kill(self) -> None:
        """SIGKILL: nothing of this process ever runs again, no clean-up either."""
        self.dead = True
        self._ready.clear()
        running: Any = events._get_running_loop()
        current = asyncio.current_task(cast("Any", self)) if running is self else None
        for task in self._tasks:
            if not task.done() and task is not current:
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # CPython's own switch, missing in typeshed
                coroutine: Any = task.get_coro()
                if coroutine is not None and not coroutine.cr_running:
                    _close(coroutine)
        self._tasks.clear()

    def _wake(self, handle: SimHandle) -> None:
        if not self.dead and not handle.cancelled_:
            self._ready.append(handle)
            self.turn()


def _close(coroutine: Any) -> None:
    """Forget a coroutine where it stands; its `finally` blocks may run, and whatever they do has no process to do it in."""
    try:
        coroutine.close()
    except RuntimeError:
        # It awaits something that waits again while closing: it is dropped as it is.
        return

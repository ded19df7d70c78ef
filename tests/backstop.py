"""The last word when a test, what follows it or the end of a session does not end: every stack is shown and this process ends.

pytest-timeout raises in the main thread, which ends a test that waits in its own code. It does not end a teardown after a failure (the
failure has cancelled its timer), nor a loop that closes and waits for a thread, nor a wait whose alarm asyncio took for a callback's
error, nor an interpreter that waits for its threads. This does, from a thread that needs no Python. Under xdist the test is then named
as the one that crashed its process, and another process goes on with the rest; servers of ours die with the process that started them.
"""

import faulthandler
import os
import sys
import time

import pytest

GRACE_S = 90.0
"""For a test beyond its timeout: its teardown, and that of the session's servers when it is the last."""
END_S_MAX = 150.0
"""For a session after its last test, and for the interpreter after that."""
_started_s = pytest.StashKey[float]()


class _Said:
    """Where the stacks go: the process's own stderr, not what a test's output is captured in."""

    descriptor = 2


def pytest_configure(config: pytest.Config) -> None:
    """While nothing is captured yet."""
    _Said.descriptor = os.dup(sys.__stderr__.fileno() if sys.__stderr__ is not None else 2)


def _arm(seconds: float) -> None:
    faulthandler.dump_traceback_later(max(1.0, seconds), exit=True, file=_Said.descriptor)


def _left_s(item: pytest.Item) -> float:
    """Until this test is given up with all that belongs to it."""
    marker = item.get_closest_marker("timeout")
    limit_s = float(marker.args[0]) if marker is not None and marker.args else float(item.config.getini("timeout") or 420)
    return item.stash.setdefault(_started_s, time.monotonic()) + limit_s + GRACE_S - time.monotonic()


# Each phase arms anew, because a failure in the one before has disarmed it (pytest's own faulthandler plugin does that).


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Armed for setup."""
    _arm(_left_s(item))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Armed for the test itself."""
    _arm(_left_s(item))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Armed for teardown, which has its grace whenever it begins."""
    _arm(max(GRACE_S, _left_s(item)))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Armed for the end; never disarmed, so that it reaches to the end of the process."""
    _arm(END_S_MAX)

"""In which order, and beside what, test files run when several processes share them (`--dist loadfile`).

A test that starts a whole deployment starts some fifteen processes and wants both processors. Two of them at one moment are what a small
machine cannot do in time: so all of them belong to one process, begin first, and the other processes do everything else meanwhile.
"""

from collections.abc import Sequence

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]  # publishes no types, nor do the two below
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # see above
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]  # see above

HEAVY = ("tests/auditor/", "tests/cli/test_up.py", "tests/faults/", "tests/gateway/test_last_seat.py", "tests/supervisor/test_ready.py")
"""Where deployments are started; folders end with a slash."""
ONE_SCOPE = "heavy"


def scope_of(nodeid: str, heavy: Sequence[str] = HEAVY) -> str:
    """What belongs together: a file, or everything that is heavy."""
    return ONE_SCOPE if nodeid.startswith(tuple(heavy)) else nodeid.split("::", 1)[0]


class HeavyFirst(LoadFileScheduling):  # type: ignore[misc]  # see above
    """Files as xdist deals them, largest first, but the heavy ones as if they were one, and before all."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if ONE_SCOPE in self.workqueue:
            self.workqueue.move_to_end(ONE_SCOPE, last=False)
        super()._assign_work_unit(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """A process ended; the test that ended it is named, and never tried again: it would only end the next one."""
        left = self.assigned_work.pop(node)
        crashed = next((one for unit in left.values() for one, done in unit.items() if not done), None)
        for scope, unit in left.items():
            if crashed in unit:
                unit[crashed] = True
            if not all(unit.values()):
                self.workqueue[scope] = unit
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> HeavyFirst | None:
    """Ours for `--dist loadfile`, xdist's own otherwise."""
    return HeavyFirst(config, log) if config.getvalue("dist") == "loadfile" else None

"""Standing back: on a machine with few processors what carries an emergency runs first.

A process may always ask for less of a processor, never for more without being somebody special; so it is the others that stand back.
Two numbers say it on Linux. ``nice`` weighs threads of one session against each other. Where the kernel groups sessions
(``sched_autogroup_enabled``), each of our processes is a session of its own, and only the group's number counts between them.
"""

import os
from pathlib import Path

NICE = 5
"""About a third of the share of a process that does not stand back, and only while somebody else wants the processor."""
_GROUP = Path("/proc/self/autogroup")


def stand_back(nice: int = NICE) -> None:
    """Lower this process, its threads to come and its children. Call at the start, before there are threads."""
    os.nice(nice)
    try:
        # Writing needs a session of one's own: else the shell that started us would stand back too.
        if os.getsid(0) == os.getpid():
            _GROUP.write_text(str(nice))
    except OSError:
        # No such grouping here, or somebody changed it a moment ago: then `nice` has to do.
        return

"""Become another program that cannot outlive its parent.

Run as a file, never imported (UID -1: stay who we are):
`python -I -S leash.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM ARGUMENT...`
Doing this in a fresh interpreter and not between fork and exec keeps it safe in a parent that has threads.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Drop to the user, tie the life of this process to its parent's, and become the program."""
    parent_pid, death_signal, uid, gid = (int(argument) for argument in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid: a change of user clears the request.
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        # The parent may have died before the request was made; then nobody would ever stop this process.
        if os.getppid() != parent_pid:
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - becoming the given program is what this file is for


if __name__ == "__main__":
    main(sys.argv[1:])

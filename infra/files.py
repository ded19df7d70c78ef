"""How many files and connections this process may have open at once."""

import resource

FILES_WANTED = 65_536


def files_max() -> int:
    """Take as many as the machine allows without asking anybody (the soft limit goes up to the hard one), and say how many that is.

    Systems hand out 1,024 for the sake of programs from another age; a gateway under a rush, or a test that is the rush, needs more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return FILES_WANTED if soft == resource.RLIM_INFINITY else soft

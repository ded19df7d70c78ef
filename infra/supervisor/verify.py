"""The truth of a deployment at rest, checked: every invariant over its logs and tables, and its state rebuilt in other processes."""

import asyncio
import sys
from pathlib import Path

from infra.checkers.replaying import replay_command
from infra.checkers.report import Report, check_run
from infra.supervisor.deployment import Deployment
from infra.supervisor.quiesce import wait_until_quiet
from schemas.topics import DOMAINS


async def verify(deployment: Deployment, sent_log: Path, *, oracle_every: int = 1) -> Report:
    """Wait until nothing is under way, stop the workers so that each leaves its state as a snapshot, and check everything.

    L01 compares three rebuilt states: from the journal alone in two processes with different hash seeds, and from the
    snapshots, which are the live states the workers held. Raises `StillBusy`.
    """
    await wait_until_quiet(deployment)
    await asyncio.to_thread(deployment.stop_workers)
    # A clean stop may have appended nothing but must have left nothing half done either.
    await wait_until_quiet(deployment)
    live = await asyncio.to_thread(replay_command(_replay(deployment, "--snapshots")), 0)
    return await check_run(
        deployment.bootstrap,
        deployment.dsn,
        sent_log,
        replay=replay_command(_replay(deployment, "--no-snapshots")),
        live_hash=live,
        oracle_every=oracle_every,
    )


def _replay(deployment: Deployment, how: str) -> list[str]:
    """The command whose last word is one hash over every area of every domain."""
    assert len(DOMAINS) == 1, "one replay command a domain: check them all when there are more"
    environment = [f"LAOXIAO_KAFKA={deployment.bootstrap}", f"LAOXIAO_CLOCK={deployment.shape.clock}"]
    return ["/usr/bin/env", *environment, sys.executable, "-m", "infra.cli.main", "replay", "--domain", DOMAINS[0], how]

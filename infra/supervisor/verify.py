"""The truth of a deployment at rest, checked: every invariant over its logs and tables, and its state rebuilt in other processes."""

import asyncio
from pathlib import Path

from infra.checkers.report import Report, check_everything
from infra.supervisor.deployment import Deployment
from infra.supervisor.quiesce import wait_until_quiet


async def verify(deployment: Deployment, sent_log: Path, *, oracle_every: int = 1) -> Report:
    """Wait until nothing is under way, stop the workers so that each leaves its live state as a snapshot, and check everything.

    So L01 compares what the workers held in memory with what the journal alone gives, under two hash seeds. Raises `StillBusy`.
    """
    await wait_until_quiet(deployment)
    await asyncio.to_thread(deployment.stop_workers)
    # A worker may have posted a last tick before it stopped; nobody is left to answer it, and nothing else may be open.
    return await check_everything(
        deployment.shape.domains, bootstrap=deployment.bootstrap, dsn=deployment.dsn, sent_log=sent_log, oracle_every=oracle_every
    )

"""The long-running processes as commands: settings and metrics in, a room's entry point out."""

import asyncio
import base64
import logging
import os
import signal
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from infra.settings import Settings
from infra.supervisor.layout import gives_way, session_timeout_s
from infra.supervisor.priority import stand_back
from infra.telemetry.carrying import CarryingMetrics
from infra.telemetry.metrics import Metrics
from infra.telemetry.projecting import ProjectingMeter
from infra.telemetry.server import MetricsServer
from schemas.journal import Clock
from streams import projector, reactor
from streams.app import WorkerConfig, run_worker
from streams.ending import cancel_until_ended

EXIT_ENDED = 75
"""A projector or reactor met something it must not pass over; its log says what, people look."""
STOP_S_MAX = 12.0
"""After a signal; shorter than the supervisor waits before it kills."""


def run_worker_process(settings: Settings, domain: str) -> None:
    """`laoxiao worker`; does not return."""
    _log_to_stderr()
    if gives_way((domain,)):
        stand_back()
    metrics = Metrics()
    config = WorkerConfig(
        bootstrap=settings.kafka,
        domain=domain,
        partitions=settings.partitions,
        clock=settings.clock,
        owner=settings.process or f"{socket.gethostname()}-{os.getpid()}",
        session_timeout_s=session_timeout_s(domain, settings.session_timeout_s),
        snapshot_every=settings.snapshot_every,
        # A name that outlives the process makes it a static member: killed, it has its partitions back at once.
        instance=settings.process or None,
    )
    with MetricsServer(metrics, settings.metrics_port):
        run_worker(config, metrics=CarryingMetrics(metrics))


def run_projector_process(settings: Settings, domains: tuple[str, ...]) -> None:
    """`laoxiao projector`: a task and positions of its own for each domain."""
    if gives_way(domains):
        stand_back()
    metrics = Metrics()

    async def work(stop: asyncio.Event) -> None:
        await projector.run(bootstrap=settings.kafka, dsn=settings.postgres, domains=domains, stop=stop, meter=ProjectingMeter(metrics))

    run_until_signalled(settings, metrics, work)


def run_reactor_process(settings: Settings, domains: tuple[str, ...]) -> None:
    """`laoxiao reactor`: a task and positions of its own for each domain."""
    if gives_way(domains):
        stand_back()
    metrics = Metrics()
    if not settings.quarantine_key:
        raise SystemExit("LAOXIAO_QUARANTINE_KEY is not set: originals in quarantine must be encrypted")

    config = reactor.ReactorConfig(
        bootstrap=settings.kafka,
        quarantine_key=base64.b64decode(settings.quarantine_key, validate=True),
        notifications=settings.home / "notifications.jsonl",
        domains=domains,
        played=settings.clock is Clock.PLAYED,
    )

    async def work(stop: asyncio.Event) -> None:
        await reactor.run_reactor(config, stop, metrics=CarryingMetrics(metrics))

    run_until_signalled(settings, metrics, work)


def run_until_signalled(settings: Settings, metrics: Metrics, work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until SIGTERM or SIGINT; what the work raises ends the process loudly, and a supervisor starts it again.

    Work that has not ended `STOP_S_MAX` after the signal is cancelled: a client that is still waiting for its first broker hears of no
    signal. What it held is in the journal; the next process begins there.
    """
    _log_to_stderr()

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        working = asyncio.create_task(work(stop))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not working.done():
            await asyncio.wait({working}, timeout=STOP_S_MAX)
        if not working.done():
            logging.getLogger("laoxiao").warning("not ended %.0f s after the signal: cancelled", STOP_S_MAX)
            await cancel_until_ended([working])
        if not working.cancelled():
            await working

    with MetricsServer(metrics, settings.metrics_port), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(main())
        except Exception:
            logging.getLogger("laoxiao").critical("the process cannot go on", exc_info=True)
            raise SystemExit(EXIT_ENDED) from None


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

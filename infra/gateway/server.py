"""The gateway process: loopback by default, bounded in every direction, stopped cleanly by SIGTERM."""

import asyncio
import gc
import logging
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

import uvicorn
import uvloop

from infra.files import files_max
from infra.gateway.access.access import access_of
from infra.gateway.access.tokens import AccessUnfit
from infra.gateway.app import create_app
from infra.gateway.board import Board
from infra.gateway.calls import Calls
from infra.gateway.carrier import Carrier
from infra.gateway.connections import EventsDoor, journal_check, register_check, register_pool
from infra.gateway.domain_routes.registry import DOORS
from infra.gateway.follow import follow
from infra.gateway.gateway import Gateway
from infra.gateway.guard import HEAD_BYTES_MAX
from infra.gateway.presses import Presses
from infra.gateway.protocol import PatientProtocol
from infra.gateway.spool import Spool
from infra.gateway.watching import AuditorWatch
from infra.settings import Settings
from infra.telemetry.metrics import Metrics
from schemas.journal import Clock
from schemas.topics import DOMAINS
from streams.ending import cancel_until_ended

CONNECTIONS_MAX = 1000
FILES_KEPT = 200
"""Of the files this process may have open, those that callers cannot take: connections to Kafka and PostgreSQL, the spool, the page."""
KEEP_ALIVE_SECONDS = 30
GRACE_SECONDS = 10
EXIT_JOURNAL = 72
"""The journal cannot be read or judged: the supervisor restarts, people look."""
EXIT_ACCESS = 76
"""The settings would let anybody in from anywhere, or no token could be proved: people look."""

log = logging.getLogger("laoxiao.gateway")


class GatewayServer(uvicorn.Server):
    """uvicorn that tells the live views when it stops: they would otherwise hold it open for ever."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self._gateway = gateway

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's: uvicorn would raise them again before the log is flushed."""
        yield

    async def shutdown(self, sockets: Any = None) -> None:
        self._gateway.stopping.set()
        await super().shutdown(sockets)


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Ends the process with `EXIT_JOURNAL` when the journal cannot be followed any more."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Counting references frees nearly everything; walking through all that a gateway remembers would hold callers up.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            code = runner.run(_until_signalled(settings))
        except AccessUnfit as unfit:
            log.critical("the gateway does not start: %s", unfit)
            code = EXIT_ACCESS
    if code != 0:
        raise SystemExit(code)


async def _until_signalled(settings: Settings) -> int:
    started: asyncio.Future[tuple[Gateway, uvicorn.Server]] = asyncio.get_running_loop().create_future()

    def stop() -> None:
        if started.done():
            started.result()[1].should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return await serve(settings, started=started)


async def serve(settings: Settings, *, started: "asyncio.Future[tuple[Gateway, uvicorn.Server]] | None" = None) -> int:
    """Everything of the process in one coroutine; `started` hears of it, for tests in the same process. Raises `AccessUnfit`."""
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        access = access_of(settings.access, settings.http_host, settings.token_keys, settings.token_revoked, metrics)
        pool = await register_pool(settings.postgres)
        stack.push_async_callback(_close_pool, pool)
        doors = {name: await stack.enter_async_context(EventsDoor(settings.kafka, name, settings.partitions)) for name in DOMAINS}
        boards = {name: Board(name, request_id_fields=door.request_id_fields) for name, door in DOORS.items()}
        carrier = Carrier(doors, on_record=lambda domain, _: metrics.gateway_records.labels(domain=domain).inc())
        gateway = Gateway(carrier, boards, pool, metrics, played=settings.clock is Clock.PLAYED, access=access)
        forwarding = _open_calls(settings, gateway, stack)
        gateway.checks = {
            **{f"kafka:{name}": door.check for name, door in doors.items()},
            **{f"journal:{name}": journal_check(board) for name, board in boards.items()},
            "postgres": register_check(pool),
        }
        gateway.auditor = AuditorWatch(settings.kafka)
        server = GatewayServer(_config(settings, gateway), gateway)
        tails = [asyncio.create_task(follow(settings.kafka, board, pool, metrics), name=f"tail-{name}") for name, board in boards.items()]
        watching = asyncio.create_task(gateway.auditor.follow(), name="auditor-watch")
        stack.push_async_callback(_cancel, [*tails, watching, *forwarding])
        serving = asyncio.create_task(server.serve(), name="http")
        if started is not None:
            started.set_result((gateway, server))
        done, _ = await asyncio.wait({serving, *tails}, return_when=asyncio.FIRST_COMPLETED)
        if serving in done:
            serving.result()
            await _flush(carrier)
            return 0
        failed = next(iter(done))
        log.critical("the journal cannot be followed: %s", type(failed.exception()).__name__)
        server.should_exit = True
        await serving
        return EXIT_JOURNAL


def _open_calls(settings: Settings, gateway: Gateway, stack: AsyncExitStack) -> "list[asyncio.Task[None]]":
    """The way in for calls that may not be refused, when a domain has such; the tasks that send what waits on disk."""
    door = next((one for one in DOORS.values() if one.never_refused), None)
    if door is None:
        return []
    board = gateway.boards[door.domain]
    board.presses = Presses(board.wake)
    spool = Spool(settings.home / "spool" / f"{settings.process or 'gateway'}.calls")
    gateway.calls = Calls(door.never_refused, gateway.carrier, spool, board.presses, gateway.metrics)
    gateway.calls.open()
    stack.push_async_callback(spool.close)
    return [asyncio.create_task(gateway.calls.forward(), name="spool-forwarder")]


def _config(settings: Settings, gateway: Gateway) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(gateway),
        host=settings.http_host,
        port=settings.http_port,
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        loop="none",
        # A path may hold an id: requests are counted by route, never logged.
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=max(1, min(CONNECTIONS_MAX, files_max() - FILES_KEPT)),
        h11_max_incomplete_event_size=HEAD_BYTES_MAX,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=256,
    )


async def _flush(carrier: Carrier) -> None:
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            await carrier.close()
    except TimeoutError:
        log.warning("the log did not confirm before the end; its callers were not told that it had")


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """End what runs beside the server, within bounds: a client of a broker that is gone may close slowly."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE_SECONDS):
            await cancel_until_ended(tasks)


async def _close_pool(pool: Any) -> None:
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()

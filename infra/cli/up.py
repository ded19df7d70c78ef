"""`laoxiao up`: everything on this machine, a district loaded, a day of it played, and the truth checked at the end."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from infra.scenario.day import DayPlan
from infra.scenario.district import load_district
from infra.scenario.player import Play, play_day
from infra.scenario.player import Progress as Played
from infra.stack.home import run_home
from infra.supervisor.deployment import Deployment, Shape
from infra.supervisor.verify import verify
from schemas.journal import SHANGHAI, Clock

HTTP_PERMILLE = 150
"""Part of the played day that goes through the gateway, as terminals and call centres do."""


@dataclass(frozen=True, slots=True)
class Day:
    """Which day is played, and in how many seconds."""

    plan: DayPlan
    seconds: float

    @classmethod
    def short(cls, district: str, seed: str, scale: float | None, seconds: float | None) -> "Day":
        """A tenth of the district in about a minute: for `--once`."""
        return cls(DayPlan(districts=(district,), seed=seed, scale=scale or 0.1), seconds or 60)

    @classmethod
    def full(cls, district: str, seed: str, scale: float | None, seconds: float | None) -> "Day":
        """The whole district in ten minutes: slow enough to watch."""
        return cls(DayPlan(districts=(district,), seed=seed, scale=scale or 1.0), seconds or 600)


def run(day: Day, *, once: bool, brokers: int, workers: int, port: int) -> int:
    """Returns the exit code: 0 when every invariant held (or the person ended it), 1 otherwise."""
    console = Console(highlight=False, soft_wrap=True)
    shape = Shape(home=run_home() / "played", clock=Clock.PLAYED, brokers=brokers, workers=workers, http_port=0 if once else port)
    deployment = Deployment(shape, lambda line: console.print(f"  {line}"))
    console.print(f"[bold]Laoxiao 老小[/bold] · {_title(day)} · 合成数据 synthetic data")
    try:
        return asyncio.run(_run(deployment, day, console, once=once))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    finally:
        console.print("stopping everything …")
        deployment.stop()
        console.print("stopped")


async def _run(deployment: Deployment, day: Day, console: Console, *, once: bool) -> int:
    loop = asyncio.get_running_loop()
    this = asyncio.current_task()
    assert this is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, this.cancel)
    await deployment.start()
    console.print(f"\n  page and API: [bold]{deployment.url}[/bold]   (API description: {deployment.url}/openapi.json)")
    console.print("  仅本机可访问，不查令牌 open to everybody on this machine, and to nobody from elsewhere\n")
    watching = asyncio.create_task(_watch(deployment))
    try:
        log = deployment.shape.home / "sent.jsonl"
        play = Play(
            plan=day.plan,
            bootstrap=deployment.bootstrap,
            log_path=log,
            seconds=day.seconds,
            http_url=deployment.url,
            http_permille=HTTP_PERMILLE,
        )
        with _bar(console, day) as show:
            played = await play_day(play, show)
        console.print(f"  day played: {played.items_sent} events in {played.records_sent} records, {played.retries} sent again")
        console.print("  workers rest while every invariant is checked on what really happened …")
        report = await verify(deployment, log)
        console.print(report.text())
        if once:
            return 0 if report.ok else 1
        await deployment.start_again()
        console.print(f"\n  the page stays at [bold]{deployment.url}[/bold]; Ctrl-C stops everything")
        await asyncio.Event().wait()
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    return 0


async def _watch(deployment: Deployment) -> None:
    while True:
        deployment.tick()
        await asyncio.sleep(0.1)


class _bar:  # noqa: N801 - used as a context manager function
    """A progress bar that shows the played clock."""

    def __init__(self, console: Console, day: Day) -> None:
        columns = (TextColumn("  {task.description}"), BarColumn(40), TextColumn("{task.fields[note]}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, refresh_per_second=4)
        self._plain = not console.is_terminal
        self._console = console
        self._day = day
        self._told_percent = -10

    def __enter__(self) -> Callable[[Played], None]:
        self._task = self._progress.add_task("day", total=1, note="")
        if not self._plain:
            self._progress.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        if not self._plain:
            self._progress.stop()

    def _show(self, played: Played) -> None:
        clock = datetime.fromtimestamp(played.played_ms / 1000, SHANGHAI).strftime("%m-%d %H:%M")
        note = f"{played.items_sent}/{played.items} events"
        self._progress.update(self._task, description=clock, total=played.items, completed=played.items_sent, note=note)
        percent = 100 * played.items_sent // max(1, played.items)
        if self._plain and percent >= self._told_percent + 10:
            self._told_percent = percent
            self._console.print(f"  {clock}  {percent:>3} %  {note}")


def _title(day: Day) -> str:
    names = " ".join(load_district(code).name for code in day.plan.districts)
    return f"{names} · {day.plan.day:%Y-%m-%d} · scale {day.plan.scale:g} · {day.seconds:.0f} s"

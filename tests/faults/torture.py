"""A run of torture: a deployment of real processes, traffic, faults by a seed's schedule; then heal, wait for rest, check everything."""

import asyncio
import contextlib
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from infra.checkers.report import Report
from infra.supervisor.deployment import Shape
from infra.supervisor.quiesce import StillBusy, wait_until_quiet
from infra.supervisor.verify import verify
from schemas.journal import Clock
from tests.faults.catalogue import CATALOGUE, Draw, Drawn, schedule
from tests.faults.farm import ProxyFarm
from tests.faults.fault import Scene
from tests.faults.proxy import BROKEN_PROXY
from tests.faults.rig import Rig
from tests.faults.traffic import Load, Traffic, load_for, make_traffic

SESSION_TIMEOUT_S = 6
QUIET_S_MAX = 300.0
"""How long a healed deployment may take to work off what was left; the liveness bound of a run, generous to a loaded machine."""
LONG_S = 300.0
"""PostgreSQL away for so long, in runs that are long enough."""
LONG_RUN_S = 900.0
HEALED_S_MAX = 180.0
"""For the last healing (a broker's start on a busy machine), beside the time after which clients give up."""
KILLS = ("kill ", "broker ended")
BROKEN = "worker 70"
"""Exit code of broken code: no fault of the world excuses it."""


@dataclass(frozen=True)
class Options:
    """What `laoxiao torture` is asked for."""

    seed: str
    seconds: float
    brokers: int
    home: Path
    workers: int = 2
    between_s: tuple[float, float] = (20.0, 60.0)
    only: tuple[str, ...] = ()
    """The kinds of faults to deal; without any, all."""


@dataclass
class Result:
    """What came of it. `ok`: nothing violated, everything answered, no broken code."""

    options: Options
    draws: list[Draw]
    report: Report | None = None
    trouble: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    missing: dict[str, str] = field(default_factory=dict)
    quiet_s: float = 0.0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the run proves something and nothing speaks against the product."""
        return self.report is not None and self.report.ok and not self.trouble

    @property
    def kills(self) -> int:
        """Processes of ours and of the servers that were killed, or ended by a full disk."""
        return sum(count for what, count in self.done.items() if what.startswith(KILLS))

    def summary(self) -> dict[str, object]:
        """For the log and for people."""
        return {
            "seed": self.options.seed,
            "brokers": self.options.brokers,
            "ok": self.ok,
            "trouble": self.trouble,
            "sent": dict(self.sent),
            "kills": self.kills,
            "faults drawn": dict(Counter(drawn.name for draw in self.draws for drawn in draw.faults)),
            "empty draws": f"{sum(not draw.faults for draw in self.draws)} of {len(self.draws)}",
            "done": dict(sorted(self.done.items())),
            "done to connections": {what: count for what, count in sorted(self.links.items()) if count},
            "processes ended with": dict(sorted(self.exits.items())),
            "not possible here": self.missing,
            "quiet after healing in s": round(self.quiet_s, 1),
            "seconds": round(self.seconds),
        }


def scene_of(options: Options) -> Scene:
    """What the faults are drawn for."""
    long_s = LONG_S if options.seconds >= LONG_RUN_S else min(60.0, options.seconds / 4)
    return Scene(options.brokers, options.workers, SESSION_TIMEOUT_S, long_s)


async def torture(options: Options, say: Callable[[str], None] = lambda _: None) -> Result:
    """Run it. Raises only when the deployment cannot even be started."""
    began_s = time.monotonic()
    with ProxyFarm() as farm:
        rig = Rig(_shape(options), lambda sentence: say(f"  {sentence}"), farm)
        left_out = {*rig.missing, *(name for name in CATALOGUE if options.only and name not in options.only)}
        draws = schedule(options.seed, options.seconds, scene_of(options), between_s=options.between_s, missing=left_out)
        result = Result(options, draws, missing=rig.missing, done=rig.done, exits=rig.exits)
        rig.note("begin", seed=options.seed, brokers=options.brokers, seconds=options.seconds, missing=rig.missing)
        async with _started(rig):
            load = load_for(options.seed, options.seconds)
            traffic = await asyncio.to_thread(make_traffic, load, rig)
            rig.crowd = traffic.crowd
            say(f"  {traffic.pace_per_s:.0f} events a second, ten times that in a crowd")
            try:
                async with asyncio.timeout(options.seconds + load.give_up_s + HEALED_S_MAX):
                    await _torment(rig, draws, traffic, result, say)
            except TimeoutError:
                late_s = load.give_up_s + HEALED_S_MAX
                result.trouble.append(f"faults were not healed or clients not done {late_s:.0f} s after the last fault")
            else:
                await _judge(rig, load, traffic, result, say)
            for link in rig.links.values():
                result.links.update(link.done())
            if result.links[BROKEN_PROXY]:
                result.trouble.append("the proxy broke: what it was to prove is not proven")
        result.seconds = time.monotonic() - began_s
        rig.note("end", **result.summary())
    return result


def _shape(options: Options) -> Shape:
    return Shape(
        home=options.home,
        clock=Clock.PLAYED,
        brokers=options.brokers,
        workers=options.workers,
        session_timeout_s=SESSION_TIMEOUT_S,
        snapshot_every=400,
    )


async def _torment(rig: Rig, draws: list[Draw], traffic: Traffic, result: Result, say: Callable[[str], None]) -> None:
    """Traffic and faults side by side; returns when all is healed and every client knows what became of what it sent."""
    sending = asyncio.create_task(traffic.run())
    under_way: list[asyncio.Task[None]] = []
    try:
        await _deal(rig, draws, under_way, result, say)
        rig.note("healed")
        say("healed; the clients finish")
        for progress in await sending:
            result.sent.update(records=progress.records_sent, acked=progress.records_acked, unknown=progress.records_unknown)
            result.sent.update(refused=progress.records_refused, retries=progress.retries)
        await traffic.crowd.gone()
    finally:
        for task in (sending, *under_way):
            task.cancel()


async def _deal(rig: Rig, draws: list[Draw], under_way: "list[asyncio.Task[None]]", result: Result, say: Callable[[str], None]) -> None:
    """Every fault of the schedule at its time; returns when the last is healed."""
    parts: dict[str, asyncio.Lock] = {}
    began_s = time.monotonic()
    for draw in draws:
        await asyncio.sleep(max(0.0, began_s + draw.at_s - time.monotonic()))
        words = ", ".join(f"{drawn.name} {drawn.lasts_s:.0f} s {drawn.fault.describe() or ''}".strip() for drawn in draw.faults)
        say(f"{draw.at_s:6.0f} s for {draw.lasts_s:3.0f} s: {words or 'nothing'}")
        rig.note("draw", lasts_s=round(draw.lasts_s, 1), faults=[drawn.name for drawn in draw.faults])
        under_way += [asyncio.create_task(_inflict(rig, drawn, parts, result)) for drawn in draw.faults]
    await asyncio.sleep(max(0.0, began_s + result.options.seconds - time.monotonic()))
    await asyncio.gather(*under_way)


async def _inflict(rig: Rig, drawn: Drawn, parts: dict[str, asyncio.Lock], result: Result) -> None:
    """One fault from beginning to healing. A part that is still being healed from another fault is waited for."""
    async with contextlib.AsyncExitStack() as held:
        for part in sorted(drawn.fault.touches):
            await held.enter_async_context(parts.setdefault(part, asyncio.Lock()))
        rig.note("start", fault=drawn.name, **drawn.fault.describe())
        try:
            await drawn.fault.start(rig)
            await asyncio.sleep(drawn.lasts_s)
        except Exception as error:  # noqa: BLE001 - a fault that cannot be inflicted is a failed run, after everything is healed
            result.trouble.append(f"{drawn.name} could not be inflicted: {type(error).__name__}: {error}")
        try:
            await drawn.fault.heal(rig)
        except Exception as error:  # noqa: BLE001 - as above
            result.trouble.append(f"{drawn.name} could not be healed: {type(error).__name__}: {error}")
        rig.note("healed", fault=drawn.name)


async def _judge(rig: Rig, load: Load, traffic: Traffic, result: Result, say: Callable[[str], None]) -> None:
    """Wait for rest within the liveness bound, then every checker on what really happened."""
    try:
        result.quiet_s = await wait_until_quiet(rig, QUIET_S_MAX)
        say(f"quiet after {result.quiet_s:.1f} s; checking")
        sent_log = await asyncio.to_thread(traffic.merged, rig.shape.home / "sent.jsonl")
        result.report = await verify(rig, sent_log)
    except StillBusy as busy:
        result.trouble.append(f"not at rest {QUIET_S_MAX:.0f} s after everything was healed: {busy}")
    if result.exits[BROKEN]:
        result.trouble.append(f"{result.exits[BROKEN]} workers ended with 70: broken code")
    rig.note("judged", seconds=round(load.seconds))


@contextlib.asynccontextmanager
async def _started(rig: Rig) -> AsyncIterator[None]:
    watching: asyncio.Task[None] | None = None
    try:
        await rig.start()
        watching = asyncio.create_task(_watch(rig))
        yield
    finally:
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        for process in rig.supervisor.running.values():
            process.send(signal.SIGCONT)
        await asyncio.to_thread(rig.stop)


async def _watch(rig: Rig) -> None:
    while True:
        rig.tick()
        await asyncio.sleep(0.05)


def text_of(result: Result) -> str:
    """The summary and the checkers' table."""
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in result.summary().items()]
    return "\n".join([*lines, "", result.report.text() if result.report is not None else "no checker was run"])

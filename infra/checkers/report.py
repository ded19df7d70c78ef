"""Runs every checker over the logs of a run and says what it found, in both languages."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.checkers import capacity, intake, lifecycle, nearest, outbox, projection, replaying, sequence, timing
from infra.checkers.fold import Watch, fold
from infra.checkers.logs import Logs
from infra.checkers.reading import read_logs
from infra.checkers.replaying import Replay, replays_of
from infra.checkers.violation import Violation

MEANINGS: dict[str, tuple[str, str]] = {
    "I01": ("已确认的事件都有答复", "nothing acknowledged is lost"),
    "I02": ("没有凭空的决定", "no phantom decisions"),
    "I03": ("同一编号只生效一次", "one effect an id; repeats answered alike"),
    "I04": ("同号异文即冲突", "same id, other body: conflict"),
    "I05": ("已拒绝的不再接受", "once refused, stays refused"),
    "I06": ("订单状态按表转移", "orders move by the table, end once"),
    "I07": ("没有无人负责的订单", "no order without deadline or human"),
    "I08": ("日志次序无缺无重", "journal sequence whole, areas at home"),
    "I10": ("没有遇到程序错误", "no event met broken code"),
    "C01": ("承诺不超过供餐能力", "never promised beyond capacity"),
    "C02": ("份数守恒", "portions conserved"),
    "C03": ("一单一处", "one kitchen an order"),
    "C04": ("占用只了结一次", "a hold ends once"),
    "C05": ("重复取消只释放一次", "a double cancel frees once"),
    "C06": ("最新版本生效", "the newest publication wins"),
    "C07": ("不用过期的能力数据", "no stale capacity used"),
    "C08": ("占用注明所依版本", "holds cite their capacity version"),
    "C09": ("截止后只按迟订规则", "after cut-off only the late rule"),
    "L01": ("重放结果一致", "replays agree"),
    "L02": ("数据库等于日志折叠", "tables equal the folded journal"),
    "L03": ("没有跳过的输入", "no input skipped"),
    "L04": ("输入无余数", "inputs answered without remainder"),
    "L05": ("旧主人被隔离", "old owners fenced"),
    "L06": ("对外动作与日志相符", "outside effects match the journal"),
    "T02": ("定时不早不重", "timers neither early nor twice"),
    "T03": ("时间只来自日志", "time comes from the log"),
    "M-R1": ("接单不超过日供应量", "accepted within daily capacity"),
    "NEAREST": ("确为最近且合适", "the nearest available and suitable"),
}
"""Every invariant checked here, in the order of the report."""


@dataclass(frozen=True)
class Report:
    """The answer. ``skipped`` names invariants that these logs could not speak of, with the reason: they are not passed."""

    violations: list[Violation]
    skipped: dict[str, str]
    counts: dict[str, int]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether nothing was violated."""
        return not self.violations

    def text(self, *, violations_max: int = 20) -> str:
        """A table for people, then the first violations."""
        by_name: dict[str, int] = {}
        for violation in self.violations:
            by_name[violation.invariant] = by_name.get(violation.invariant, 0) + 1
        lines = ["  ".join(f"{name} {count:,}" for name, count in self.counts.items()), ""]
        for name, (chinese, english) in MEANINGS.items():
            count = by_name.get(name, 0)
            verdict = (
                f"未查 not checked: {self.skipped[name]}" if name in self.skipped else "通过 ok" if not count else f"违反 {count} violated"
            )
            lines.append(f"{name:<8} {verdict:<16} {chinese} | {english}")
        lines += ["", *(violation.line() for violation in self.violations[:violations_max])]
        if len(self.violations) > violations_max:
            lines.append(f"... {len(self.violations) - violations_max} more")
        result = "全部成立 all hold" if self.ok else f"共违反 {len(self.violations)} violations"
        return "\n".join([*lines, f"{result}, {self.seconds:.1f} s"])


def check_all(logs: Logs, *, replays: Mapping[str, Replay] | None = None, oracle_every: int = 1) -> Report:
    """Run every checker. ``oracle_every`` thins the nearest oracle: 1 looks at every placement."""
    started = time.monotonic()
    checks: tuple[Callable[[Logs], list[Violation]], ...] = (
        intake.check_i01, intake.check_i02, intake.check_i03, intake.check_i04, intake.check_i05, intake.check_i10, sequence.check_i08,
        sequence.check_l03, sequence.check_l04, sequence.check_l05, outbox.check_l06, timing.check_t03, capacity.check_publications,
        projection.check_l02,
    )  # fmt: skip
    found = [violation for check in checks for violation in check(logs)]
    watches = watches_of(logs, oracle_every)
    fold(logs, watches)
    found += [violation for watch in watches for violation in watch.found]
    skipped: dict[str, str] = {}
    if logs.tables is None:
        skipped["L02"] = "no tables read"
    if not logs.sent:
        skipped["I01"] = "no sent log"
    if replays is None:
        skipped["L01"] = "no replay given"
    else:
        found += replaying.check_l01(replays)
    counts = {
        "sent": sum(len(sent.events) or 1 for sent in logs.sent), "inputs": len(logs.inputs), "journal": len(logs.journal),
        "decisions": len(logs.decisions), "quarantine": len(logs.quarantine),
        "placements": next((watch.looked_at for watch in watches if isinstance(watch, nearest.NearestOracle)), 0),
    }  # fmt: skip
    order = {name: rank for rank, name in enumerate(MEANINGS)}
    found.sort(key=lambda violation: order.get(violation.invariant, len(order)))
    return Report(found, skipped, counts, time.monotonic() - started)


def watches_of(logs: Logs, oracle_every: int = 1) -> list[Watch]:
    """One watch for each invariant that is judged at every prefix."""
    return [
        lifecycle.OrderMoves(), lifecycle.NoOrphans(settled=logs.settled), lifecycle.TimersInTime(), capacity.WithinCapacity(),
        capacity.Conservation(), capacity.OnePlace(), capacity.ResolvedOnce(), capacity.FreedOnce(), capacity.NewestWins(),
        capacity.CitesCapacity(), capacity.CutOff(), capacity.Served(), nearest.FreshCapacity(),
        nearest.NearestOracle(logs, oracle_every),
    ]  # fmt: skip


async def check_everything(
    *, bootstrap: str, dsn: str | None, sent_log: Path | None, replay: bool = True, only_ours: bool = True, oracle_every: int = 1
) -> Report:
    """Read a run's logs and check them: what `laoxiao up --once` and the crash tests call when everything is at rest.

    ``only_ours`` False: others than the logged client sent events too, so that an event nobody logged is no phantom.
    """
    logs = await read_logs(bootstrap, dsn, sent_log, only_ours=only_ours)
    replays = replays_of(bootstrap, logs.clock, logs.domain) if replay else None
    return await asyncio.to_thread(check_all, logs, replays=replays, oracle_every=oracle_every)

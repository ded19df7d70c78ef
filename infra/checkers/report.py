"""Runs every checker over the logs of a run and says what it found, domain by domain, in both languages."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from infra.checkers import intake, outbox, projection, replaying, sequence, timing
from infra.checkers.domain import AnyChecks
from infra.checkers.fold import fold
from infra.checkers.logs import Logs
from infra.checkers.reading import read_logs, read_sent, read_tables, read_topic
from infra.checkers.registry import CHECKS
from infra.checkers.replaying import Replay, replays_of
from infra.checkers.violation import Violation

MEANINGS: dict[str, tuple[str, str]] = {
    "I01": ("已确认的事件都有答复", "nothing acknowledged is lost"),
    "I02": ("没有凭空的决定", "no phantom decisions"),
    "I03": ("同一编号只生效一次", "one effect an id; repeats answered alike"),
    "I04": ("同号异文即冲突", "same id, other body: conflict"),
    "I05": ("已拒绝的不再接受", "once refused, stays refused"),
    "I08": ("日志次序无缺无重", "journal sequence whole, areas at home"),
    "I10": ("没有遇到程序错误", "no event met broken code"),
    "L01": ("重放结果一致", "replays agree"),
    "L02": ("数据库等于日志折叠", "tables equal the folded journal"),
    "L03": ("没有跳过的输入", "no input skipped"),
    "L04": ("输入无余数", "inputs answered without remainder"),
    "L05": ("旧主人被隔离", "old owners fenced"),
    "L06": ("对外动作与日志相符", "outside effects match the journal"),
    "P03": ("机构只替自己发布", "facilities publish for themselves only"),
    "T03": ("时间只来自日志", "time comes from the log"),
}
"""Every invariant of every domain, in the order of the report. A domain's own are in its `DomainChecks`."""

GENERAL: tuple[Callable[[Logs], list[Violation]], ...] = (
    intake.check_i01, intake.check_i02, intake.check_i03, intake.check_i04, intake.check_i10, intake.check_p03, sequence.check_i08,
    sequence.check_l03, sequence.check_l04, sequence.check_l05, outbox.check_l06, timing.check_t03,
)  # fmt: skip
"""Checks that know nothing of a domain."""


@dataclass(frozen=True)
class DomainReport:
    """The answer for one domain. ``skipped`` names invariants that these logs could not speak of, with the reason: they are not
    passed."""

    checks: AnyChecks
    violations: list[Violation]
    skipped: dict[str, str]
    counts: dict[str, int]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether nothing was violated."""
        return not self.violations

    @property
    def meanings(self) -> dict[str, tuple[str, str]]:
        """Every invariant judged of this domain."""
        return {**MEANINGS, **self.checks.meanings}

    def text(self, *, violations_max: int = 20) -> str:
        """A table for people, then the first violations."""
        by_name: dict[str, int] = {}
        for violation in self.violations:
            by_name[violation.invariant] = by_name.get(violation.invariant, 0) + 1
        lines = [" · ".join(self.checks.title), "  ".join(f"{name} {count:,}" for name, count in self.counts.items()), ""]
        for name, (chinese, english) in self.meanings.items():
            count = by_name.get(name, 0)
            verdict = (
                f"未查 not checked: {self.skipped[name]}" if name in self.skipped else "通过 ok" if not count else f"违反 {count} violated"
            )
            lines.append(f"{name:<8} {verdict:<16} {chinese} | {english}")
        lines += ["", *(violation.line() for violation in self.violations[:violations_max])]
        if len(self.violations) > violations_max:
            lines.append(f"... {len(self.violations) - violations_max} more")
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """The answers for every domain of a run."""

    domains: tuple[DomainReport, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether nothing was violated anywhere; a run of no domain at all proves nothing."""
        return bool(self.domains) and all(one.ok for one in self.domains)

    @property
    def violations(self) -> list[Violation]:
        """Every violation, domain by domain."""
        return [violation for one in self.domains for violation in one.violations]

    def text(self, *, violations_max: int = 20) -> str:
        """One table a domain, then the verdict."""
        result = "全部成立 all hold" if self.ok else f"共违反 {len(self.violations)} violations"
        tables = [one.text(violations_max=violations_max) for one in self.domains]
        return "\n".join([*tables, f"{result}, {self.seconds:.1f} s"])


def check_all(logs: Logs, *, replays: Mapping[str, Replay] | None = None, oracle_every: int = 1) -> DomainReport:
    """Run every checker over one domain's logs. ``oracle_every`` thins what is dear: 1 looks at everything."""
    started = time.monotonic()
    checks = CHECKS[logs.domain]
    found = [violation for check in (*GENERAL, *checks.outside) for violation in check(logs)]
    if checks.refusals:
        found += intake.check_i05(logs, checks.refusals, checks.acceptances or {})
    found += projection.check_l02(logs, checks)
    eyes = checks.eyes(logs, oracle_every)
    fold(logs, checks.model, eyes)
    found += [violation for eye in eyes for violation in eye.found]
    skipped: dict[str, str] = {}
    if logs.tables is None:
        skipped["L02"] = "no tables read"
    if not logs.sent:
        skipped["I01"] = "no sent log"
    if not checks.refusals:
        skipped["I05"] = "nothing is refused for good"
    if replays is None:
        skipped["L01"] = "no replay given"
    else:
        found += replaying.check_l01(replays)
    counts = {
        "sent": sum(len(sent.events) or 1 for sent in logs.sent), "inputs": len(logs.inputs), "journal": len(logs.journal),
        "decisions": len(logs.decisions), "quarantine": len(logs.quarantine), **checks.counts(eyes),
    }  # fmt: skip
    order = {name: rank for rank, name in enumerate({**MEANINGS, **checks.meanings})}
    found.sort(key=lambda violation: order.get(violation.invariant, len(order)))
    return DomainReport(checks, found, skipped, counts, time.monotonic() - started)


async def check_everything(
    domains: Iterable[str], *, bootstrap: str, dsn: str | None, sent_log: Path | None, replay: bool = True, only_ours: bool = True,
    oracle_every: int = 1,
) -> Report:  # fmt: skip
    """Read a run's logs and check them: what `laoxiao up --once` and the crash tests call when everything is at rest.

    ``only_ours`` False: others than the logged client sent events too, so that an event nobody logged is no phantom.
    Raises `KeyError` for a domain that no package of checkers speaks for.
    """
    started = time.monotonic()
    wanted = [CHECKS[domain] for domain in domains]
    sent = read_sent(sent_log) if sent_log is not None else None
    quarantine = await read_topic(bootstrap, "quarantine")
    tables = await read_tables(dsn, projection.tables_of(wanted)) if dsn is not None else None
    runs: dict[str, Logs] = {}
    for checks in wanted:
        runs[checks.domain] = await read_logs(
            bootstrap, checks.domain, sent=sent, quarantine=quarantine, tables=tables, only_ours=only_ours
        )  # fmt: skip
    between = outbox.check_handovers(runs, {checks.domain: checks.hands_over for checks in wanted})
    reports = []
    for domain, logs in runs.items():
        replays = replays_of(bootstrap, logs.clock, domain) if replay else None
        one = await asyncio.to_thread(check_all, logs, replays=replays, oracle_every=oracle_every)
        reports.append(replace(one, violations=one.violations + between[domain]))
    return Report(tuple(reports), time.monotonic() - started)

"""What the checkers are told about beds."""

from infra.checkers.beds import lifecycle, lines, stays, stock
from infra.checkers.beds.expected import BedsExpected
from infra.checkers.beds.model import Area
from infra.checkers.beds.writing import MODEL
from infra.checkers.domain import DomainChecks
from infra.checkers.fold import Eye
from infra.checkers.logs import Logs


def _eyes(logs: Logs, every: int) -> list[Eye[Area]]:
    return [
        lifecycle.Moves(), lifecycle.NoOrphans(settled=logs.settled), lifecycle.TimersInTime(), stays.StaysInTime(),
        lifecycle.RefusalsCost(),
        lifecycle.FairDraw(), stock.FreeBeds(), stock.Conservation(), stock.OneOffer(), stock.ResolvedOnce(), stock.FreedOnce(),
        stock.NewestWins(), stock.FreshWord(), stock.CitesInventory(), lines.NoOvertaking(every), lines.NobodyWaits(settled=logs.settled),
        lines.AgeingBound(every), lines.NearestBed(every), lines.TrueCertificates(every),
    ]  # fmt: skip


def _counts(eyes: list[Eye[Area]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for eye in eyes:
        if isinstance(eye, lines.NoOvertaking):
            counts["offers"] = eye.looked_at
        elif isinstance(eye, lines.AgeingBound):
            counts["passed_most"] = eye.passed_most
    return counts


CHECKS = DomainChecks(
    domain="beds",
    title=("养老床位", "beds"),
    meanings={
        "I06": ("申请和床位按表转移", "applications and beds move by the table"),
        "I07": ("没有无人负责的申请", "no application without deadline or human"),
        "T02": ("定时不早，期限按工作日", "timers not early, deadlines by working days"),
        "W02": ("机构拒收不损申请人，日期不变", "a home's refusal costs nothing, the date is kept"),
        "DRAW": ("抽签先承诺后公布", "draws committed before, revealed after"),
        "C01": ("只承诺空床", "only free beds are promised"),
        "C02": ("床位守恒", "beds conserved"),
        "C03": ("一人一床一个承诺", "one promise a person and a bed"),
        "C04": ("承诺只了结一次", "a promise ends once"),
        "C05": ("床位只释放一次", "a bed is given back once"),
        "C06": ("最新版本生效", "the newest publication wins"),
        "C07": ("不用过期的床位数据", "no stale inventory used"),
        "C08": ("承诺注明所依版本", "offers cite their inventory version"),
        "W01": ("无人插队", "nobody is overtaken"),
        "W03": ("空床不等人", "no free bed while somebody it suits waits"),
        "W04": ("条件相同者先到先得", "no one is passed by a later equal"),
        "NEAREST": ("所得确为首选或最近", "the chosen or the nearest bed"),
        "WHY": ("说明属实", "what offers and ranks say is so"),
    },
    model=MODEL,
    eyes=_eyes,
    expected=lambda: BedsExpected("beds"),
    outside=(stock.check_publications,),
    refusals={"beds.application.refused.v1": "application_id"},
    acceptances={"beds.application.queued.v1": "application_id"},
    counts=_counts,
)
"""Named in `infra.checkers.registry`."""

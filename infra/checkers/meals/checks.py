"""What the checkers are told about meals."""

from infra.checkers.domain import DomainChecks
from infra.checkers.fold import Eye, Fact
from infra.checkers.logs import Logs
from infra.checkers.meals import capacity, lifecycle, nearest, neighbours
from infra.checkers.meals.expected import MealsExpected
from infra.checkers.meals.model import MODEL, Area


def _eyes(logs: Logs, every: int) -> list[Eye[Area]]:
    return [
        lifecycle.OrderMoves(), lifecycle.NoOrphans(settled=logs.settled), lifecycle.TimersInTime(), capacity.WithinCapacity(),
        capacity.Conservation(), capacity.OnePlace(), capacity.ResolvedOnce(), capacity.FreedOnce(), capacity.NewestWins(),
        capacity.CitesCapacity(), capacity.CutOff(), capacity.Served(), nearest.FreshCapacity(), nearest.NearestOracle(logs, every),
        neighbours.Lending(settled=logs.settled),
    ]  # fmt: skip


def _counts(eyes: list[Eye[Area]]) -> dict[str, int]:
    return {"placements": sum(eye.looked_at for eye in eyes if isinstance(eye, nearest.NearestOracle))}


def _hands_over(fact: Fact) -> str | None:
    """A welfare check that found somebody in need, or nobody, is an emergency (M-R8); what neighbouring areas ask, answer and take
    back is told to the other one, but for what home itself took back."""
    data = fact["data"]
    if fact["type"] in neighbours.TOLD and data.get("reason", data.get("cause")) != "withdrawn":
        return "meals"
    urgent = fact["type"] == "task.closed.v1" and data.get("kind") == "welfare_check" and data["result"] in ("needs_help", "no_answer")
    return "emergency" if urgent else None


CHECKS = DomainChecks(
    domain="meals",
    title=("为老助餐", "meals"),
    meanings={
        "I06": ("订单状态按表转移", "orders move by the table, end once"),
        "I07": ("没有无人负责的订单", "no order without deadline or human"),
        "C01": ("承诺不超过供餐能力", "never promised beyond capacity"),
        "C02": ("份数守恒", "portions conserved"),
        "C03": ("一单一处", "one kitchen an order"),
        "C04": ("占用只了结一次", "a hold ends once"),
        "C05": ("重复取消只释放一次", "a double cancel frees once"),
        "C06": ("最新版本生效", "the newest publication wins"),
        "C07": ("不用过期的能力数据", "no stale capacity used"),
        "C08": ("占用注明所依版本", "holds cite their capacity version"),
        "C09": ("截止后只按迟订规则", "after cut-off only the late rule"),
        "T02": ("定时不早不重", "timers neither early nor twice"),
        "M-R1": ("接单不超过日供应量", "accepted within daily capacity"),
        "N02": ("邻区借餐两边一致", "what a neighbour lends is what home has"),
        "NEAREST": ("确为最近且合适", "the nearest available and suitable"),
    },
    model=MODEL,
    eyes=_eyes,
    expected=lambda: MealsExpected("meals"),
    outside=(capacity.check_publications,),
    refusals={"meals.order.refused.v1": "order_id", "meals.guest.refused.v1": "guest_id"},
    acceptances={
        "meals.order.assigned.v1": "order_id",
        "meals.order.asked_elsewhere.v1": "order_id",
        "meals.guest.assigned.v1": "guest_id",
    },
    hands_over=_hands_over,
    counts=_counts,
)
"""Named in `infra.checkers.registry`."""

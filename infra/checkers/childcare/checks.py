"""What the checkers are told about childcare."""

from infra.checkers.childcare import life, moves, quotas, seats, waits, wishes
from infra.checkers.childcare.area import Area
from infra.checkers.childcare.expected import ChildcareExpected
from infra.checkers.childcare.model import MODEL
from infra.checkers.domain import DomainChecks
from infra.checkers.fold import Eye, Fact
from infra.checkers.logs import Logs


def eyes(event_of: wishes.EventOf, *, every: int = 1, settled: bool = True) -> list[Eye[Area]]:
    """Fresh eyes for one fold; the simulator takes them too."""
    return [
        life.BookingMoves(), life.ResolvedOnce(), life.TimersInTime(), life.PoliciesInTime(), seats.WithinSeats(), seats.StaffRatio(),
        seats.OnePlace(), seats.FreedOnce(), seats.NewestWins(), seats.CitesCapacity(), quotas.FreeUnits(), quotas.QuotaWords(),
        moves.MovedAccounts(),
        waits.WaitOrder(), wishes.AgeWindow(event_of), wishes.WishOracle(event_of, every), waits.NobodyWaitsBesideAFreeSeat(),
        life.NoOrphans(settled=settled),
    ]  # fmt: skip


def _eyes(logs: Logs, every: int) -> list[Eye[Area]]:
    return eyes(wishes.event_in(logs), every=every, settled=logs.settled)


def _counts(seers: list[Eye[Area]]) -> dict[str, int]:
    return {"wishes": sum(eye.looked_at for eye in seers if isinstance(eye, wishes.WishOracle))}


HANDED_OVER = (
    "childcare.quota.asked.v1",
    "childcare.quota.reserved.v1",
    "childcare.quota.denied.v1",
    "childcare.quota.settlement_asked.v1",
    "childcare.account.asked.v1",
    "childcare.account.handed.v1",
    "childcare.account.counted.v1",
)
"""Facts that the child's home area, or the area that asked it, must hear of by an event of this same domain."""


def _hands_over(fact: Fact) -> str | None:
    return "childcare" if fact["type"] in HANDED_OVER else None


CHECKS = DomainChecks(
    domain="childcare",
    title=("幼儿托育", "childcare"),
    meanings={
        "I06": ("预约状态按表转移", "bookings move by the table, end once"),
        "I07": ("没有无人负责的预约", "no booking without deadline or human"),
        "C01": ("承诺不超过座位", "never promised beyond the seats"),
        "C03": ("同一孩子时间不重叠", "a child's sessions never overlap"),
        "C04": ("占用只了结一次", "a hold ends once, never after its end"),
        "C05": ("重复取消只释放一次", "a double cancel frees once"),
        "C06": ("最新版本生效", "the newest publication wins"),
        "C08": ("占用注明所依版本且不过期", "holds cite their capacity version, none too old"),
        "C09": ("每一分钟师幼比达标", "staff x ratio covers the children each minute"),
        "Q01": ("每年免费次数不多不少", "free units of a year, to the unit"),
        "Q02": ("退改按规则退还或扣减", "a cancellation returns or consumes, never both"),
        "W01": ("候补按次序", "waitlists in their order, offers timed"),
        "W03": ("空位不闲置", "no free seat beside a waiter"),
        "AGE": ("当日月龄符合", "the age on the day of care is within the window"),
        "N01": ("确为应得的安排", "every wish got what an O(n) look finds"),
        "T02": ("定时不早不重", "timers neither early nor twice"),
    },
    model=MODEL,
    eyes=_eyes,
    expected=lambda: ChildcareExpected("childcare"),
    refusals={"childcare.booking.refused.v1": "booking_id"},
    acceptances={
        "childcare.booking.confirmed.v1": "booking_id",
        "childcare.booking.held.v1": "booking_id",
        "childcare.quota.asked.v1": "booking_id",
        "childcare.booking.waitlisted.v1": "booking_id",
    },
    hands_over=_hands_over,
    counts=_counts,
)
"""Named in `infra.checkers.registry`."""

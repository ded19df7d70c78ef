"""What the checkers are told about emergency."""

from infra.checkers.domain import DomainChecks
from infra.checkers.emergency import answers, chain, devices, field, nearest, protocol, signals, timers, waiting
from infra.checkers.emergency.expected import EmergencyExpected
from infra.checkers.emergency.model import Area
from infra.checkers.emergency.units import MODEL
from infra.checkers.emergency.watch import EventOf, events_of
from infra.checkers.fold import Eye
from infra.checkers.logs import Logs


def eyes_with(event_of: EventOf, *, every: int = 1, settled: bool = True) -> list[Eye[Area]]:
    """Fresh eyes for one fold."""
    return [
        signals.Signals(event_of), signals.Raises(), chain.Chain(), chain.HumanActs(event_of), protocol.Judgements(event_of),
        answers.Answers(event_of),
        timers.Timers(settled=settled), field.Responders(), field.Moves(), field.Access(), devices.Devices(), nearest.NearestFit(every),
        waiting.Freed(), waiting.Suggestions(),
    ]  # fmt: skip


def _counts(eyes: list[Eye[Area]]) -> dict[str, int]:
    return {"dispatches": sum(eye.looked_at for eye in eyes if isinstance(eye, nearest.NearestFit))}


def _eyes(logs: Logs, every: int) -> list[Eye[Area]]:
    return eyes_with(events_of(logs), every=every, settled=logs.settled)


CHECKS = DomainChecks(
    domain="emergency",
    title=("一键紧急救援", "emergency"),
    meanings={
        "E01": ("求助从不拒绝", "a call is never refused"),
        "E02": ("当即寻人，找不到再找", "somebody is looked for at once, and again"),
        "E03": ("升级从不沉默", "escalation is never silent"),
        "E04": ("升级逐级而上", "levels rise by one, the last repeats"),
        "E05": ("只有授权的人能停止", "only an authorised human stops it"),
        "E06": ("信号恰属一个事件", "each signal in exactly one incident"),
        "E08": ("无人可派即交人工", "nobody found: a human has it, never closed"),
        "E09": ("一人一事", "a responder on one incident"),
        "E14": ("无声即危急，只升不降", "silence is grave; rules never make lighter"),
        "E17": ("设备与覆盖", "devices and coverage"),
        "E18": ("问询按规程定级", "the priority is what the answers make of it"),
        "E19": ("接受者方得进门方法", "the way in only to who accepted"),
        "E22": ("结案要素齐全", "a close is whole and calls back"),
        "E9P": ("抽调只作建议", "taking somebody from a lesser incident is proposed, never done"),
        "E9R": ("出勤后休息", "rest after an incident"),
        "I06": ("状态按表转移", "incidents move by the table"),
        "I07": ("没有无人负责的等待", "nothing waits for nobody"),
        "T02": ("定时不早不重", "timers neither early nor twice"),
        "NEAREST": ("确为最快到达且合适", "the soonest fit responder"),
    },
    model=MODEL,
    eyes=_eyes,
    expected=lambda: EmergencyExpected("emergency"),
    counts=_counts,
)
"""Named in `infra.checkers.registry`."""

"""Alarms that are open: raised once when a condition begins, ended once when it ends, remembered over a restart."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from schemas.alarms import Alarm, AlarmKind
from streams.auditor.domain import Condition

Key = tuple[AlarmKind, str, str]


class AlarmKeeper:
    """Which alarms are open. Loaded from the alarm topic at the start, so that nothing is told twice for one condition."""

    def __init__(self) -> None:
        self.open: dict[Key, Alarm] = {}
        self._inherited: set[Key] = set()

    def load(self, alarm: Alarm) -> None:
        """One record of the topic, oldest first."""
        if alarm.raised:
            self.open[alarm.key] = alarm
            self._inherited.add(alarm.key)
        else:
            self.open.pop(alarm.key, None)
            self._inherited.discard(alarm.key)

    def changes(
        self, domain: str, kinds: frozenset[AlarmKind], conditions: Iterable[Condition], now_ms: int, *, settled: bool
    ) -> list[Alarm]:
        """What to say: `conditions` are all that hold for these kinds in this domain at `now_ms` (wall clock).

        While not `settled`, an alarm of a predecessor is not called ended: this auditor has not looked long enough to know.
        """
        said: list[Alarm] = []
        now: set[Key] = set()
        for condition in conditions:
            assert condition.kind in kinds, f"{condition.kind} is not judged here"
            key = (condition.kind, domain, condition.place)
            now.add(key)
            self._inherited.discard(key)
            if key not in self.open:
                alarm = Alarm(_identity(key, now_ms), *key, raised=True, since_ms=now_ms, at_ms=now_ms, detail=condition.detail)
                self.open[key] = alarm
                said.append(alarm)
        for key, alarm in list(self.open.items()):
            ended = key not in now and key[1] == domain and key[0] in kinds
            if ended and (settled or key not in self._inherited):
                del self.open[key]
                self._inherited.discard(key)
                said.append(replace(alarm, raised=False, at_ms=now_ms))
        return said

    def count(self, domain: str, kind: AlarmKind | None = None) -> int:
        """Open alarms of a domain, of one kind or of all."""
        return sum(1 for key in self.open if key[1] == domain and kind in (None, key[0]))


def _identity(key: Key, since_ms: int) -> str:
    return "alm-" + hashlib.sha256("\0".join((*key, str(since_ms))).encode()).hexdigest()[:32]

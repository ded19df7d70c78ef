"""The people at the desks of a played day: they look at the open tasks, act after a while, and say through the gateway what came of it.

Which tasks there are depends on what was decided, so this part of the day is made while it is played; how long somebody takes
and what comes of a task is drawn from the seed and the task's id.
"""

import asyncio
import time
from random import Random
from typing import Any

from infra.scenario.day import areas_of
from infra.scenario.http_client import GatewayClient
from infra.scenario.packets import Packet
from infra.scenario.sender import Play, RecordSender
from infra.scenario.sources import SOURCES
from infra.scenario.words import MINUTE_MS, Item, Sender, event

LOOK_EVERY_S = 0.5
"""Wall seconds between two looks at the list: the played day must not spend itself asking."""
TAKES_MINUTES = (4, 45)
"""Shortest and longest time a task waits for its human, in played minutes; assumed."""
ENDED_A_LOOK_MAX = 20
"""Tasks that the desks of one area end at one look: a room full of people, not a machine."""


class Operators:
    """`work` is called again and again while the day is played; it does something when it is time to look."""

    def __init__(self, play: Play, sender: RecordSender) -> None:
        assert play.http_url is not None, "operators work through the gateway"
        self._play = play
        self._sender = sender
        self._gateway = GatewayClient(play.http_url)
        self._places = areas_of(play.plan)
        self._turn = 0
        self._look_at_s = 0.0
        self._ended: set[tuple[str, str]] = set()
        self._later: list[Item] = []

    async def work(self) -> None:
        """Look at one domain and area, in turn, and end what has waited long enough."""
        if time.monotonic() < self._look_at_s:
            return
        domain, area = self._places[self._turn % len(self._places)]
        self._turn += 1
        tasks = await asyncio.to_thread(self._gateway.tasks, domain, area)
        due = [item for task in tasks if (item := self._end(domain, task)) is not None]
        for item in due[:ENDED_A_LOOK_MAX]:
            assert item.event is not None
            self._ended.add((domain, item.event["data"]["task_id"]))
            await self._sender.send(Packet(item.at_ms, item.area, (item,), True))
        await self._follow(domain, area)
        self._look_at_s = time.monotonic() + LOOK_EVERY_S / len(self._places)

    async def _follow(self, domain: str, area: str) -> None:
        """What this domain's clients do about what they see now, and what they meant to do later and is due by now."""
        follow, now_ms = SOURCES[domain].follow, self._sender.progress.played_ms
        if follow is not None:
            seen = await asyncio.to_thread(self._gateway.overview, domain, area)
            for item in follow(seen, self._play.plan.seed, now_ms) if seen else ():
                assert item.event is not None
                if (domain, item.event["id"]) not in self._ended and item.at_ms < self._play.plan.ends_ms:
                    self._ended.add((domain, item.event["id"]))
                    self._later.append(item._replace(domain=domain))
        due = sorted((item for item in self._later if item.at_ms <= now_ms), key=lambda item: item.at_ms)
        self._later = [item for item in self._later if item.at_ms > now_ms]
        for item in due:
            await self._sender.send(Packet(now_ms, item.area, (item,), True))

    def close(self) -> None:
        """Drop the connection to the gateway."""
        self._gateway.close()

    def _end(self, domain: str, task: dict[str, Any]) -> Item | None:
        if (domain, task["task_id"]) in self._ended:
            return None
        draw = Random(f"{self._play.plan.seed}/{domain}/{task['task_id']}")
        if task["age_s"] < draw.randrange(TAKES_MINUTES[0] * 60, TAKES_MINUTES[1] * 60):
            return None
        result = SOURCES[domain].answer(task, draw)
        if result is None:
            return None
        at_ms = self._sender.progress.played_ms
        desk = draw.randrange(1, 9)
        sender = Sender(f"operator:syn-op-{desk:02d}", "system", f"/scenario/desk-{desk}")
        data = {"domain": domain, "task_id": task["task_id"], "result": result}
        # The id of the task names its end: a desk that sends twice ends it once.
        one = event(f"end-{task['task_id']}", "task.completed.v1", at_ms - MINUTE_MS // 10, area=task["area"], sender=sender, data=data)
        return Item(at_ms, "task_end", task["area"], one, domain=domain)

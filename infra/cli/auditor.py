"""`laoxiao auditor`: settings and metrics in, the auditor out; who is told, the way in for drills, and the sign of life."""

import asyncio
import time
from pathlib import Path

import httpx
import orjson

from infra.cli.processes import run_until_signalled
from infra.fairness.beds import FINDING_MEMORY_MS, BedsFairness
from infra.settings import Settings
from infra.telemetry.auditing import AuditingMeter
from infra.telemetry.metrics import Metrics
from schemas.alarms import Alarm
from schemas.journal import Clock, instant
from schemas.topics import DOMAINS
from streams.auditor.domain import Limits
from streams.auditor.doors import NotTaken
from streams.auditor.drills import Drill
from streams.auditor.live_check import LiveCheck
from streams.auditor.process import AuditorConfig, run_auditor
from streams.notifications import JsonLinesNotifier, Notification, Notifier

DOOR_S_MAX = 10.0


def alarms_file(home: Path) -> Path:
    """Where the auditor's notifications go: beside the reactor's, which must match the journal line by line."""
    return home / "alarms.jsonl"


def pulse_file(home: Path) -> Path:
    """Touched whenever the auditor's loop has turned; its age is what the supervisor looks at."""
    return home / "auditor.pulse"


class AlarmTeller:
    """Alarms as notifications to operators, through the same channel as every other notification."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    async def tell(self, alarms: list[Alarm]) -> None:
        """Hand over; the id of a raised alarm and of its end differ, so that both arrive."""
        await self._notifier.send([_notification(alarm) for alarm in alarms])


def _notification(alarm: Alarm) -> Notification:
    state = "raised" if alarm.raised else "ended"
    data: dict[str, object] = {"kind": alarm.kind, "domain": alarm.domain, "place": alarm.place, **alarm.detail}
    area = alarm.place.split("/", 1)[0]
    return Notification(f"{alarm.id}-{state}", "operator", f"auditor.alarm.{state}.v1", area, alarm.id, instant(alarm.at_ms), data)


class GatewayDoor:
    """Drills through the gateway, each as one batch: its events stay in their order, a call for help among them."""

    def __init__(self, base_url: str, client: httpx.AsyncClient, token: str = "") -> None:
        self._url = f"{base_url.rstrip('/')}/v1/events"
        self._client = client
        self._proof = {"authorization": f"Bearer {token}"} if token else {}

    async def send(self, drill: Drill) -> None:
        """`streams.auditor.doors.Door`: 202 and recorded, for every event."""
        headers = {"content-type": "application/cloudevents-batch+json"} | self._proof
        try:
            answer = await self._client.post(self._url, content=orjson.dumps(list(drill.events)), headers=headers)
        except httpx.HTTPError as error:
            raise NotTaken(f"gateway: {type(error).__name__}") from error
        taken = answer.json()["accepted"] if answer.status_code == httpx.codes.ACCEPTED else []
        recorded = sum(one["status"] == "recorded" for one in taken)
        if recorded != len(drill.events):
            raise NotTaken(f"gateway: {answer.status_code}, {recorded} of {len(drill.events)} recorded")


def live_checks(settings: Settings, domains: tuple[str, ...]) -> dict[str, LiveCheck]:
    """The independent checkers that go with the journals. What is older than an alarm lasts, a predecessor has judged; a played clock
    says nothing of how old a decision is."""
    since_ms = 0 if settings.clock is Clock.PLAYED else round(time.time() * 1000) - FINDING_MEMORY_MS
    return {"beds": BedsFairness(since_ms)} if "beds" in domains else {}


def run_auditor_process(settings: Settings, domains: tuple[str, ...] = DOMAINS) -> None:
    """Until SIGTERM or SIGINT."""
    metrics = Metrics()
    limits = Limits(step_s=settings.audit_step_s, grace_s=settings.audit_grace_s, progress_s=settings.audit_progress_s)
    config = AuditorConfig(settings.kafka, settings.process or "auditor", settings.clock, limits, domains)
    pulse = pulse_file(settings.home)
    settings.home.mkdir(parents=True, exist_ok=True)

    async def work(stop: asyncio.Event) -> None:
        teller = AlarmTeller(JsonLinesNotifier(alarms_file(settings.home)))
        meter = AuditingMeter(metrics)
        async with httpx.AsyncClient(timeout=DOOR_S_MAX, trust_env=False) as client:
            # The gateway gives a played record no time of its own: a played drill goes straight into the log.
            through = settings.audit_door and settings.clock is Clock.WALL
            door = GatewayDoor(settings.audit_door, client, settings.audit_token) if through else None
            await run_auditor(
                config, stop, metrics=meter, teller=teller, pulse=pulse.touch, door=door, checks=live_checks(settings, domains)
            )

    run_until_signalled(settings, metrics, work)

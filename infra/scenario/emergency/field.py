"""Responders, devices and families of a played day: they report, move, accept, decline, stay silent, arrive, and go home."""

from typing import Any

from infra.scenario.emergency.grid import along, crossing_near, way_m
from infra.scenario.emergency.rehearsal import Stage
from infra.scenario.emergency.world import SKILLS, SPEED_M_S, Unit, World
from infra.scenario.words import HOUR_MS, MINUTE_MS, SECOND_MS, Sender
from schemas import emergency_facts as facts
from schemas.facts import Fact

PATROL_MS = 240_000
"""A mobile responder says where it is so often: positions count for 300 s."""
MOVING_MS = 60_000
HEARTBEAT_S = 6 * 3600
"""Bounded: four signs of life a day and device."""
ACCEPTS, DECLINES = 0.74, 0.11
"""Of those asked; the rest never answers. Assumed."""
SILENT_ON_THE_WAY = 0.06
FAMILY_ACCEPTS, FAMILY_DECLINES = 0.4, 0.15


class Field:
    """Everybody outside the call centre, of one district."""

    def __init__(self, stage: Stage, world: World) -> None:
        self.stage = stage
        self.world = world
        self.units = {unit.responder_id: unit for unit in world.units}
        for fact, react in (
            (facts.ResponderDispatched, self.asked),
            (facts.ResponderReleased, self.released),
            (facts.DispatchEnded, self.released),
            (facts.ContactCalled, self.called),
        ):
            stage.reactions.setdefault(fact.type, []).append(react)

    def begin(self) -> None:
        """Register everybody and everything, then let them live."""
        stage, start_ms = self.stage, self.stage.plan.starts_ms + 10 * MINUTE_MS
        office = Sender("office:syn-civil-affairs", "system", f"/scenario/{self.world.district.word}/office")
        for n, unit in enumerate(self.world.units):
            stage.at(start_ms + n * 97, lambda now, unit=unit: self.enlist(unit, office, now))  # type: ignore[misc]  # bound now
        for n, client in enumerate(self.world.clients):
            stage.at(start_ms + 30_000 + n * 53, lambda now, client=client: self.cover(client, office, now))  # type: ignore[misc]  # as above

    # Responders

    def _me(self, unit: Unit) -> Sender:
        return Sender(f"responder:{unit.responder_id}", "app", f"/scenario/{self.world.district.word}/units/{unit.responder_id}")

    def enlist(self, unit: Unit, office: Sender, now: int) -> None:
        """The directory entry, and the first shift."""
        data = {
            "responder_id": unit.responder_id, "kind": unit.kind, "position": _position(unit.base), "skills": list(SKILLS[unit.kind]),
        }  # fmt: skip
        self.stage.send(now, "responder", "responder.registered", office, data)
        self.live(unit, now + 500)

    def live(self, unit: Unit, now: int) -> None:
        """On or off duty by the hour; on duty a position so often, and a status when the shift changes."""
        hour = (now // HOUR_MS + 8) % 24
        on = unit.night or 7 <= hour < 19
        if on != unit.on_duty and unit.call_id is None:
            unit.on_duty = on
            self.status(unit, "available" if on else "off", now)
        elif on and unit.call_id is None:
            self.patrol(unit, now)
        step_ms = 6 * HOUR_MS if unit.kind == "station" else PATROL_MS
        self.stage.at(now + step_ms, lambda later: self.live(unit, later))

    def status(self, unit: Unit, status: str, now: int) -> None:
        """What it says of itself, with its place."""
        data = {"responder_id": unit.responder_id, "status": status, "position": _position(unit.spot)}
        self.stage.send(now, "status", "responder.reported", self._me(unit), data)

    def patrol(self, unit: Unit, now: int) -> None:
        """Go on along the grid at a stroll, to the next crossing that took its fancy."""
        if unit.kind != "station":
            unit.spot = along(unit.spot, unit.goal, PATROL_MS / SECOND_MS * 0.8)
            if unit.spot == unit.goal:
                unit.goal = crossing_near(self.stage.draw(unit.responder_id, str(now)), unit.base, unit.reach_m * 0.6)
        self.position(unit, now)

    def position(self, unit: Unit, now: int) -> None:
        """Where it is."""
        data = {"responder_id": unit.responder_id, "position": _position(unit.spot)}
        self.stage.send(now, "position", "responder.positioned", self._me(unit), data)

    def asked(self, fact: Fact, now: int) -> None:
        """Sent by the agent: most accept, some decline, some never answer."""
        assert isinstance(fact, facts.ResponderDispatched)
        unit = self.units.get(fact.responder_id)
        if unit is None:
            return
        draw = self.stage.draw(fact.call_id, fact.responder_id, str(now))
        roll, call_id = draw.random(), fact.call_id
        unit.call_id = call_id
        answer = {"call_id": call_id, "responder_id": unit.responder_id}
        target = (fact.lat, fact.lon) if fact.lat is not None and fact.lon is not None else unit.spot
        wait_ms = draw.randrange(6, 45) * SECOND_MS

        def go(then: int) -> None:
            if self._still(unit, call_id):
                self.stage.send(then, "acceptance", "dispatch.accepted", self._me(unit), answer)
                quiet = draw.random() < SILENT_ON_THE_WAY
                self.stage.at(then + draw.randrange(20, 50) * SECOND_MS, lambda at: self.set_out(unit, call_id, target, at, quiet=quiet))

        def decline(then: int) -> None:
            if self._still(unit, call_id):
                self.stage.send(then, "decline", "dispatch.declined", self._me(unit), {**answer, "reason": "already_busy"})

        if roll < ACCEPTS:
            self.stage.at(now + wait_ms, go)
        elif roll < ACCEPTS + DECLINES:
            self.stage.at(now + wait_ms, decline)

    def _still(self, unit: Unit, call_id: str) -> bool:
        call = self.stage.state.calls.get(call_id)
        return call is not None and unit.responder_id in call.engaged

    def set_out(self, unit: Unit, call_id: str, target: tuple[float, float], now: int, *, quiet: bool) -> None:
        """On the way: a position a minute, unless its telephone is dead; then at the scene."""
        if not self._still(unit, call_id):
            return
        self.status(unit, "en_route", now)
        start, speed = unit.spot, SPEED_M_S[unit.kind]
        took_ms = int(way_m(start, target) / speed * SECOND_MS) + 30_000

        def step(then: int) -> None:
            if self._still(unit, call_id) and then < now + took_ms:
                unit.spot = along(start, target, (then - now) / SECOND_MS * speed)
                if not quiet:
                    self.position(unit, then)
                self.stage.at(then + MOVING_MS, step)

        def arrive(then: int) -> None:
            if self._still(unit, call_id):
                unit.spot = target
                self.stage.send(
                    then, "arrival", "responder.arrived", self._me(unit), {"call_id": call_id, "responder_id": unit.responder_id}
                )
                self.stage.at(then + 8 * MINUTE_MS, lambda later: self.check_in(unit, call_id, later))

        self.stage.at(now + MOVING_MS, step)
        self.stage.at(now + took_ms, arrive)

    def check_in(self, unit: Unit, call_id: str, now: int) -> None:
        """Well, every eight minutes while at the scene."""
        if self._still(unit, call_id):
            self.stage.send(now, "check_in", "scene.checked_in", self._me(unit), {"call_id": call_id, "responder_id": unit.responder_id})
            self.stage.at(now + 8 * MINUTE_MS, lambda later: self.check_in(unit, call_id, later))

    def released(self, fact: Fact, now: int) -> None:
        """Free again: it says so a little later, where it stands."""
        assert isinstance(fact, (facts.ResponderReleased, facts.DispatchEnded))
        unit = self.units.get(fact.responder_id)
        if unit is None or unit.call_id != fact.call_id:
            return
        unit.call_id = None
        unit.goal = unit.base

        def free(then: int) -> None:
            if unit.call_id is None and unit.on_duty:
                self.status(unit, "available", then)

        self.stage.at(now + 40 * SECOND_MS, free)

    # Clients

    def cover(self, client: Any, office: Sender, now: int) -> None:
        """The person's plan and devices."""
        data: dict[str, Any] = {
            "person_id": client.person.person_id, "lives_alone": client.lives_alone, "position": _position(client.spot),
            "contacts": list(client.contacts),
        }  # fmt: skip
        if client.access_id is not None:
            data["access_id"] = client.access_id
        self.stage.send(now, "coverage", "coverage.registered", office, data)
        for device in client.devices:
            listed = {
                "device_id": device.device_id, "kind": device.kind, "person_id": device.person_id, "position": _position(device.spot),
                "heartbeat_s": HEARTBEAT_S,
            }  # fmt: skip
            self.stage.send(now + 5, "device", "device.registered", office, listed)
            first_ms = self.stage.draw("heartbeat", device.device_id).randrange(HEARTBEAT_S) * SECOND_MS
            self.stage.at(now + MINUTE_MS + first_ms, lambda then, device=device: self.beat(device, then))  # type: ignore[misc]  # bound now

    def beat(self, device: Any, now: int) -> None:
        """A sign of life, until it stops for good."""
        if device.stops_hour is not None and now > self.stage.plan.starts_ms + device.stops_hour * HOUR_MS:
            return
        draw = self.stage.draw("battery", device.device_id)
        percent = max(3, draw.randrange(30, 101) - (now - self.stage.plan.starts_ms) // (8 * HOUR_MS))
        sender = Sender(f"device:{device.device_id}", "device", f"/scenario/{self.world.district.word}/devices")
        self.stage.send(now, "heartbeat", "device.heartbeat", sender, {"device_id": device.device_id, "battery_percent": percent})
        self.stage.at(now + HEARTBEAT_S * SECOND_MS, lambda later: self.beat(device, later))

    def called(self, fact: Fact, now: int) -> None:
        """A family contact's telephone rings."""
        assert isinstance(fact, facts.ContactCalled)
        if not fact.contact_id.startswith(f"syn-k-{self.world.district.code}"):
            return
        draw = self.stage.draw(fact.call_id, fact.contact_id, str(fact.step))
        roll = draw.random()
        if roll > FAMILY_ACCEPTS + FAMILY_DECLINES:
            return
        result = "accepted" if roll < FAMILY_ACCEPTS else "declined"

        def answer(then: int) -> None:
            call = self.stage.state.calls.get(fact.call_id)
            if call is not None and call.called_contact == fact.contact_id:
                sender = Sender(f"relative:{fact.contact_id}", "phone", f"/scenario/{self.world.district.word}/families")
                data = {"call_id": fact.call_id, "contact_id": fact.contact_id, "result": result}
                self.stage.send(then, "contact", "contact.answered", sender, data)

        self.stage.at(now + draw.randrange(4, 26) * SECOND_MS, answer)


def _position(spot: tuple[float, float]) -> dict[str, float]:
    return {"lat": spot[0], "lon": spot[1]}

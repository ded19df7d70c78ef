"""E17, E-R1: a device that is silent or weak is a human's case; who is said to be covered is, and who is not is said to be uncovered."""

from infra.checkers.emergency.model import Area
from infra.checkers.emergency.policy import in_force
from infra.checkers.emergency.watch import Watch
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

FACTS = ("emergency.device.", "emergency.coverage.")


class Devices(Watch):
    """Device life and the coverage indicator."""

    def __init__(self) -> None:
        super().__init__("E17")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Windows and rungs are those of policy."""
        kind, data = fact["type"], fact["data"]
        device = area.devices.get(data.get("device_id", ""))
        policy = in_force(area, decided.time_ms)
        if kind == "emergency.device.heard.v1" and device is not None:
            if data["due_ms"] > decided.time_ms + device.listed["window_ms"] or data["recovered"] != (device.level > 0):
                self.say("E17", f"{data['device_id']} is heard of, and expected again at {data['due_ms']}", decided)
        elif kind == "emergency.device.missed.v1" and device is not None:
            ladder = policy["device_ladder_s"]
            if data["level"] not in (device.level, device.level + 1) or (data["level"] == device.level and device.level < len(ladder)):
                self.say("E17", f"{data['device_id']} goes from rung {device.level} to {data['level']}", decided)
            if data["next_ms"] > decided.time_ms + 1000 * max(ladder):
                self.say("I07", f"{data['device_id']} is looked at again too late", decided)
        elif kind == "emergency.device.battery_recorded.v1" and data["low"] != (data["battery_percent"] <= policy["battery_low_percent"]):
            self.say("E17", f"{data['device_id']} at {data['battery_percent']} percent: low is {data['low']}", decided)

    def after(self, area: Area, decided: Decided) -> None:
        """What these facts touched."""
        people: set[str] = set()
        for fact in decided.body["facts"]:
            kind, data = fact["type"], fact["data"]
            if not kind.startswith(FACTS) or kind == "emergency.coverage.gap_left.v1":
                continue
            if data.get("person_id") is not None:
                people.add(data["person_id"])
            device_id = data.get("device_id")
            device = area.devices.get(device_id)
            if device is not None:
                if device.listed["person_id"] is not None:
                    people.add(device.listed["person_id"])
                ill = kind == "emergency.device.missed.v1" or (kind == "emergency.device.battery_recorded.v1" and data["low"])
                if ill and (device.level or device.low) and not self.owned(area, decided, device_id, "device_maintenance"):
                    self.say("E17", f"{device_id} is silent or weak and no human has it", decided)
        for person_id in sorted(people):
            if area.counted(person_id) and area.said_covered.get(person_id) != area.covered(person_id):
                said = area.said_covered.get(person_id)
                self.say("E17", f"{person_id}: covered is {area.covered(person_id)}, said was {said}", decided)

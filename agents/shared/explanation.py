"""Builds `Why`: who was looked at, who was chosen, and which rule ruled the others out."""

from collections.abc import Sequence

from schemas.decisions import Why

REJECTED_LISTED_MAX = 12
"""Rejected candidates named with their values; the rest is counted by rule, so a record's size is bounded."""


class Considered:
    """Collects candidates in the order they are looked at (nearest first)."""

    __slots__ = ("rejected", "rest")

    def __init__(self) -> None:
        self.rejected: list[dict[str, object]] = []
        self.rest: dict[str, int] = {}

    @property
    def considered(self) -> int:
        """How many were ruled out."""
        return len(self.rejected) + sum(self.rest.values())

    @property
    def rules(self) -> list[str]:
        """The rules met, in the order they were met."""
        return list(dict.fromkeys([*(str(one["rule"]) for one in self.rejected), *self.rest]))

    def reject(self, provider_id: str, rule: str, distance_m: int, data_age_s: int | None = None) -> None:
        """One candidate ruled out by this rule; ``data_age_s`` is the age of the capacity looked at, where that mattered."""
        rejected = self.rejected
        if len(rejected) < REJECTED_LISTED_MAX:
            if data_age_s is None:
                rejected.append({"provider_id": provider_id, "rule": rule, "distance_m": distance_m})
            else:
                rejected.append({"provider_id": provider_id, "rule": rule, "distance_m": distance_m, "data_age_s": data_age_s})
        else:
            self.rest[rule] = self.rest.get(rule, 0) + 1

    def why(self, chosen: str | None, **values: object) -> Why:
        """The explanation, with what else the deciding rule looked at (only JSON-able values; None is left out)."""
        rejected = self.rejected
        why: Why = {"considered": len(rejected) + (chosen is not None), "chosen": chosen, "rejected": rejected}
        if self.rest:
            why["considered"] += sum(self.rest.values())
            why["rest"] = dict(sorted(self.rest.items()))
        for name, value in values.items():
            if value is not None:
                why[name] = value
        return why


def because(rule: str, **values: object) -> Why:
    """An explanation without candidates: the rule, and the values it compared (None is left out)."""
    compared = {name: value for name, value in values.items() if value is not None}
    return {"considered": 0, "chosen": None, "rejected": [], "rule": rule, **compared}


def skipped(items: Sequence[dict[str, object]]) -> Why:
    """Parts of a publication that were not taken, each with its rule."""
    return {"considered": 0, "chosen": None, "rejected": [], "skipped": list(items[:REJECTED_LISTED_MAX]), "skipped_count": len(items)}

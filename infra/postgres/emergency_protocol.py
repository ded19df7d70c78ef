"""The questions an operator is shown for an incident: those of the policy version it runs on (E18)."""

from typing import Any

from agents.emergency.policy import EmergencyParameters
from agents.shared.policy import DEFAULT_VERSION


async def protocol_of(pool: Any, area: str, version: str) -> dict[str, list[dict[str, Any]]]:
    """By incident kind, in the order they are asked; what an answer does stays with the decision. Empty where the rows do not know the
    version yet: they are filled in the order of the journal, so an incident's policy is there before it."""
    if version == DEFAULT_VERSION:
        return _shown(EmergencyParameters())
    text = await pool.fetchval(
        "SELECT parameters::text FROM policies WHERE domain = 'emergency' AND area = $1 AND policy = 'emergency' AND version = $2",
        area,
        version,
    )
    return {} if text is None else _shown(EmergencyParameters.model_validate_json(text))


def _shown(policy: EmergencyParameters) -> dict[str, list[dict[str, Any]]]:
    return {
        kind: [
            {
                "question": one.question, "zh": one.zh, "en": one.en,
                "answers": [{"answer": answer.answer, "zh": answer.zh, "en": answer.en} for answer in one.answers],
            }
            for one in questions
        ]
        for kind, questions in policy.protocol.items()
    }  # fmt: skip

"""The one shape of an error over HTTP: RFC 9457 problem details with a stable code (contract, "HTTP")."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from schemas.primitives import Code, Model

Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ProblemDetails(Model):
    """What a client reads instead of an answer. Programs branch on ``code``; a value the client sent is never echoed.

    Further members may follow (RFC 9457, section 3.2); a client ignores those it does not know.
    """

    model_config = ConfigDict(extra="allow")

    type: Line = Field(description="`about:blank`: the code says it all")
    title: Line = Field(description="for people; may change")
    status: Annotated[int, Field(ge=400, le=599)]
    code: Code = Field(description="the reason; wire names are never reused")
    where: Annotated[tuple[Line, ...], Field(max_length=10)] | None = Field(
        default=None, description="paths of fields, each with the rule it breaks; no values"
    )

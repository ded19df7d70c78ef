"""The envelope: CloudEvents 1.0, JSON format, with Laoxiao's extension attributes (contract, "Envelope")."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.primitives import Id, Instant, Model, Visible

BATCH_EVENTS_MAX = 500
"""Events in one Kafka record or one HTTP batch (contract)."""
EVENT_BYTES_MAX = 64 * 1024
"""Bytes of one event, as it came when it comes alone, in compact JSON inside a batch; one of our types is about 0.7 KB."""
RECORD_BYTES_MAX = 1_000_000
"""Bytes of one ``*.events`` record, a little under Kafka's default request size."""
EXTENSIONS_MAX = 16
EXTENSION_NAME_PATTERN = r"^[a-z0-9]{1,20}$"
"""CloudEvents 1.0, "Naming Conventions": lower-case letters and digits, at most 20 of them."""

Extension = (
    Annotated[str, StringConstraints(max_length=128, pattern=r"^[\x20-\x7e]*$")] | Annotated[int, Field(ge=-(2**31), lt=2**31)] | bool
)
"""What an unknown extension attribute may hold: of the CloudEvents types, those JSON writes as a string, a 32-bit integer or
a boolean. Null, fractions, objects and arrays are no attribute values."""


class Channel(StrEnum):
    """How the request reached us; every request can also be placed without a smartphone (S23)."""

    APP = "app"
    PHONE = "phone"
    COUNTER = "counter"
    DEVICE = "device"
    PAPER = "paper"
    SYSTEM = "system"


class Event(Model):
    """What somebody did or what a clock said. Subclasses fix ``type`` to a literal and ``data`` to a model.

    ``id`` makes sending again safe: the same id with the same body gets the same decision, with another body it is
    refused as ``conflict``. ``time`` is when it happened by the sender's clock; it is data and never moves an area's clock.

    Unknown fields inside ``data`` are refused. Unknown *envelope* attributes are what CloudEvents calls extensions, which
    tracing tools and brokers add on the way (``traceparent``): up to 16 well-formed ones are taken, sent on by
    `schemas.codec.encode_event`, and ignored by every decision and by the digest; a malformed name or value refuses the event.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"propertyNames": {"pattern": EXTENSION_NAME_PATTERN}, "maxProperties": 15 + EXTENSIONS_MAX},
    )
    __pydantic_extra__: dict[str, Extension]

    specversion: Literal["1.0"]
    id: Id
    source: Visible
    type: str
    time: Instant
    subject: Annotated[Visible, Field(max_length=128)] | None = None
    area: Id
    actor: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}:[A-Za-z0-9._:-]{1,64}$")]
    causationid: Id | None = None
    correlationid: Id | None = None
    onbehalfof: Id | None = None
    channel: Channel | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Visible | None = None
    data: Any = Field(description="the model of this type")


IDENTITY_ATTRIBUTES = ("type", "area", "actor", "onbehalfof", "subject", "time", "data")
"""What "the same body" means when an id comes again. ``source``, ``channel`` and the tracing attributes may differ between
retries that took another way in. The values are compared as JSON: key order and white space do not matter, spelling does."""

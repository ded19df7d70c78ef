"""The envelope: CloudEvents 1.0, JSON format, with Laoxiao's extension attributes (contract, "Envelope")."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from schemas.primitives import Id, Instant, Model

BATCH_EVENTS_MAX = 500
"""Events in one Kafka record or one HTTP batch (contract)."""
EVENT_BYTES_MAX = 64 * 1024
"""Bytes of one event; a single event of our types is about 0.5 KB."""
RECORD_BYTES_MAX = 1_000_000
"""Bytes of one ``*.events`` record, a little under Kafka's default request size."""


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
    """

    specversion: Literal["1.0"]
    id: Id
    source: Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[\x21-\x7e]+$")]
    type: str
    time: Instant
    subject: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")] | None = None
    area: Id
    actor: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}:[A-Za-z0-9._:-]{1,64}$")]
    causationid: Id | None = None
    correlationid: Id | None = None
    onbehalfof: Id | None = None
    channel: Channel | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Annotated[str, StringConstraints(max_length=256)] | None = None
    data: Any = Field(description="the model of this type")


IDENTITY_ATTRIBUTES = ("type", "area", "actor", "onbehalfof", "subject", "time", "data")
"""What "the same body" means when an id comes again. ``source`` and the tracing attributes may differ between retries
that took another way in."""

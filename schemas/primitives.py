"""The smallest words: identifiers, positions, instants and the strict, frozen base of every schema.

Source: the public contract (v1), first paragraph. Nothing here fills itself in: no default reads a clock, a host or an id generator.
"""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

ID_PATTERN = r"^[A-Za-z0-9._:-]{1,64}$"
"""Ids are 1-64 characters of ``[A-Za-z0-9._:-]``: safe in URLs, logs, Kafka keys and PostgreSQL."""

SHANGHAI_BOX = (30.6, 120.8, 31.95, 122.3)
"""South, west, north, east of the municipality in WGS-84 degrees, with Chongming; a position outside it is refused
(reliability page, section 5: a swapped or (0, 0) position must never be routed)."""


def _clean_text(value: str) -> str:
    """Refuse NUL, which PostgreSQL cannot store and which would stop the projector for ever."""
    if "\x00" in value:
        raise ValueError("nul_character")
    return value


def _inside_city(value: "Position") -> "Position":
    south, west, north, east = SHANGHAI_BOX
    if not (south <= value.lat <= north and west <= value.lon <= east):
        raise ValueError("outside_city")
    return value


def _iso_date(value: object) -> object:
    """Only ``YYYY-MM-DD``: pydantic alone would also take a timestamp as a date."""
    if isinstance(value, str) and len(value) == 10 and value[4] == "-":
        return value
    if type(value) is date:
        return value
    raise ValueError("bad_date")


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Text = Annotated[str, StringConstraints(max_length=500), AfterValidator(_clean_text)]
"""Free text for people to read; it never decides anything."""
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A coded value, for rules that only policy data names (a diet, a category, a reason)."""
Instant = AwareDatetime
"""RFC 3339 with an offset."""
Day = Annotated[date, Field(strict=False), BeforeValidator(_iso_date)]
"""A civil date in Asia/Shanghai, ``YYYY-MM-DD``."""
Version = Annotated[int, Field(ge=1, le=2**53)]
"""A publisher's own rising version number (or milliseconds since the epoch)."""


class Model(BaseModel):
    """Strict, frozen, closed: unknown fields, coerced types, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Position(Model):
    """A WGS-84 position in degrees. GCJ-02 positions must be converted by the sender; the datum is never guessed."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


CityPosition = Annotated[Position, AfterValidator(_inside_city)]
"""A position inside Shanghai's bounding box."""

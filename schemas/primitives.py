"""The smallest words: identifiers, positions, instants and the strict, frozen base of every schema.

Source: the public contract (v1), first paragraph, and the bad inputs of the reliability page, section 5. Nothing here fills
itself in: no default reads a clock, a host or an id generator. Every string, number and list has a bound; a rule that only
Python can check raises with its own name, which `schemas.codec` reports in place of the value.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from math import isfinite
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

ID_PATTERN = r"^[A-Za-z0-9._:-]{1,64}$"
"""Ids are 1-64 characters of ``[A-Za-z0-9._:-]``: safe in URLs, logs, Kafka keys and PostgreSQL."""

SHANGHAI_BOX = (30.6, 120.8, 31.95, 122.3)
"""South, west, north, east of the municipality in WGS-84 degrees, with Chongming; a position outside it is refused
(reliability page, section 5: a swapped or (0, 0) position must never be routed)."""
POSITION_DECIMALS_MAX = 9
"""A tenth of a millimetre; more digits are noise of a conversion nobody declared (reliability page, section 5)."""

INSTANT_MIN = datetime(2020, 1, 1, tzinfo=UTC)
INSTANT_MAX = datetime(2100, 1, 1, tzinfo=UTC)
"""What a living system can speak of. A clock at 1970, a century ahead, or milliseconds read as seconds are refused here; an
instant inside the bounds but far from received-at is flagged ``skewed`` by the core (T03)."""
DAY_MIN = date(1900, 1, 1)
DAY_MAX = date(2099, 12, 31)
"""Wide enough for the birth date of the oldest person; each domain's rules narrow it further."""
INT_MAX = 2**53
"""The largest integer every JSON reader keeps exactly."""

_INSTANT_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
_DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_BIDI_CONTROLS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_LINE_CONTROLS = frozenset("\t\n\r")


class _Rfc3339:
    """A string of exactly RFC 3339: pydantic alone also takes ``"1763776800"``, a blank for the ``T``, and no seconds.
    A leap second and ``24:00`` do not exist in UTC+8 civil time as Python counts it and are refused."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(pattern=_INSTANT_PATTERN)
        parsed = core_schema.datetime_schema(strict=False, tz_constraint="aware", ge=INSTANT_MIN, le=INSTANT_MAX)
        ready = core_schema.datetime_schema(strict=True, tz_constraint="aware", ge=INSTANT_MIN, le=INSTANT_MAX)
        return core_schema.json_or_python_schema(core_schema.chain_schema([text, parsed]), ready)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time", "pattern": _INSTANT_PATTERN}


class _CivilDate:
    """Only ``YYYY-MM-DD``: pydantic alone would also take a timestamp as a date."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(pattern=_DAY_PATTERN)
        parsed = core_schema.date_schema(strict=False, ge=DAY_MIN, le=DAY_MAX)
        ready = core_schema.no_info_before_validator_function(_iso_date, parsed)
        return core_schema.json_or_python_schema(core_schema.chain_schema([text, parsed]), ready)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "date", "pattern": _DAY_PATTERN}


def _iso_date(value: object) -> object:
    if type(value) is date or (isinstance(value, str) and len(value) == 10 and value[4] == "-"):
        return value
    raise PydanticCustomError("bad_date", "a date is YYYY-MM-DD")


def _clean_text(value: str) -> str:
    """Refuse what no name or note needs: NUL, which PostgreSQL cannot store and which would stop the projector for ever,
    other control characters, and controls that make text read in another order than it is stored."""
    if value.isprintable():
        return value
    for character in value:
        if character < " " and character not in _LINE_CONTROLS:
            raise PydanticCustomError("control_character", "a control character")
        if character in _BIDI_CONTROLS:
            raise PydanticCustomError("bidi_control", "a bidirectional control character")
    return value


def _inside_city(value: "Position") -> "Position":
    south, west, north, east = SHANGHAI_BOX
    if not (south <= value.lat <= north and west <= value.lon <= east):
        raise PydanticCustomError("outside_city", "a position outside the city")
    if round(value.lat, POSITION_DECIMALS_MAX) != value.lat or round(value.lon, POSITION_DECIMALS_MAX) != value.lon:
        raise PydanticCustomError("too_many_decimals", "a position with more than 9 decimals")
    return value


PARAMETER_VALUES_MAX = 10_000
PARAMETER_DEPTH_MAX = 8
PARAMETER_TEXT_MAX = 2_000
PARAMETER_NAME_MAX = 128


def _bounded_parameters(value: dict[str, Any]) -> dict[str, Any]:
    """Free-form policy data is bounded all the same: what a policy adopts goes into state, journal and PostgreSQL."""
    for count, (name, part, depth) in enumerate(_parts(value)):
        if count > PARAMETER_VALUES_MAX:
            raise PydanticCustomError("too_many_values", "parameters hold too many values")
        if depth > PARAMETER_DEPTH_MAX:
            raise PydanticCustomError("too_deep", "parameters are nested too deeply")
        if name is not None and not 1 <= len(_clean_text(name)) <= PARAMETER_NAME_MAX:
            raise PydanticCustomError("bad_parameter_name", "a parameter's name is 1 to 128 characters")
        if isinstance(part, str) and len(_clean_text(part)) > PARAMETER_TEXT_MAX:
            raise PydanticCustomError("text_too_long", "a parameter's text is too long")
        if isinstance(part, int) and abs(part) > INT_MAX:
            raise PydanticCustomError("number_out_of_range", "a parameter's number is too large")
        if isinstance(part, float) and not isfinite(part):
            raise PydanticCustomError("finite_number", "a parameter's number is not finite")
    return value


def _parts(value: dict[str, Any]) -> Iterator[tuple[str | None, object, int]]:
    """Every value inside, with its name and depth, one at a time: a bound met early ends the walk early."""
    stack: list[tuple[str | None, object, int]] = [(None, value, 0)]
    while stack:
        name, part, depth = stack.pop()
        yield name, part, depth
        if isinstance(part, dict):
            stack.extend((key, inner, depth + 1) for key, inner in part.items())
        elif isinstance(part, list):
            stack.extend((None, inner, depth + 1) for inner in part)


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Text = Annotated[str, StringConstraints(max_length=500), AfterValidator(_clean_text)]
"""Free text for people to read, kept exactly as it came; it never decides anything."""
Visible = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[\x21-\x7e]+$")]
"""A machine's name for something: visible ASCII without blanks."""
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A coded value, for rules that only policy data names (a diet, a category, a reason)."""
Instant = Annotated[datetime, _Rfc3339()]
"""RFC 3339 with an offset, from 2020 to 2099; digits beyond microseconds are dropped."""
Day = Annotated[date, _CivilDate()]
"""A civil date in Asia/Shanghai, ``YYYY-MM-DD``."""
Version = Annotated[int, Field(ge=1, le=INT_MAX)]
"""A publisher's own rising version number (or milliseconds since the epoch)."""
Parameters = Annotated[dict[str, Any], AfterValidator(_bounded_parameters)]
"""A policy's parameters: JSON of at most 10,000 values, 8 levels, 2,000 characters a text, finite numbers within 2^53."""


class Model(BaseModel):
    """Strict, frozen, closed: unknown fields, coerced types, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Position(Model):
    """A WGS-84 position in degrees. GCJ-02 positions must be converted by the sender; the datum is never guessed."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


_BOX_SCHEMA = {
    "type": "object",
    "description": "WGS-84 degrees inside the municipality, at most 9 decimals",
    "properties": {
        "lat": {"type": "number", "minimum": SHANGHAI_BOX[0], "maximum": SHANGHAI_BOX[2]},
        "lon": {"type": "number", "minimum": SHANGHAI_BOX[1], "maximum": SHANGHAI_BOX[3]},
    },
    "required": ["lat", "lon"],
    "additionalProperties": False,
}
CityPosition = Annotated[Position, AfterValidator(_inside_city), WithJsonSchema(_BOX_SCHEMA)]
"""A position inside Shanghai's bounding box, with at most 9 decimals. (-0.0 is outside it, so no position carries one.)"""

"""Errors over HTTP: RFC 9457 problem details with a stable ``code``; values a client sent are never echoed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import orjson
from starlette.responses import Response

from schemas.codec import Rejected

PROBLEM_TYPE = "application/problem+json"


class Trouble(StrEnum):
    """What the gateway itself refuses, beside the codec's `Rejected`. Wire names, never reused."""

    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    CONTENT_ENCODING_REFUSED = "content_encoding_refused"
    REPEATED_HEADER = "repeated_header"
    REPEATED_PARAMETER = "repeated_parameter"
    INVALID_PARAMETER = "invalid_parameter"
    INVALID_HEADER = "invalid_header"
    MISSING_IDEMPOTENCY_KEY = "missing_idempotency_key"
    TOO_MANY_HEADERS = "too_many_headers"
    HEADER_TOO_LARGE = "header_too_large"
    AMBIGUOUS_LENGTH = "ambiguous_length"
    MALFORMED_REQUEST = "malformed_request"
    BODY_TOO_LARGE = "body_too_large"
    REQUEST_TOO_SLOW = "request_too_slow"
    FORBIDDEN_TYPE = "forbidden_type"
    NO_TOKEN = "no_token"  # noqa: S105 - a code
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a code
    TOKEN_NOT_VALID = "token_not_valid"  # noqa: S105 - a code
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a code
    FORBIDDEN_ROLE = "forbidden_role"
    FORBIDDEN_SOURCE = "forbidden_source"
    FORBIDDEN_AREA = "forbidden_area"
    NOTHING_RECORDED = "nothing_recorded"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    OVERLOADED = "overloaded"
    TOO_MANY_VIEWERS = "too_many_viewers"
    LOG_UNAVAILABLE = "log_unavailable"
    CALL_NOT_KEPT = "call_not_kept"
    NOT_A_CALL = "not_a_call"
    REGISTER_UNAVAILABLE = "register_unavailable"
    INTERNAL_ERROR = "internal_error"


TITLES: dict[str, str] = {
    Trouble.UNSUPPORTED_MEDIA_TYPE: "This content type is not taken here",
    Trouble.CONTENT_ENCODING_REFUSED: "Send the body as it is, without a content encoding",
    Trouble.REPEATED_HEADER: "A header that may come once came twice",
    Trouble.REPEATED_PARAMETER: "A query parameter came twice",
    Trouble.INVALID_PARAMETER: "A parameter is missing or not of its form",
    Trouble.INVALID_HEADER: "A header is not of its form",
    Trouble.MISSING_IDEMPOTENCY_KEY: "Idempotency-Key is required: it is what makes sending again safe",
    Trouble.TOO_MANY_HEADERS: "Too many headers",
    Trouble.HEADER_TOO_LARGE: "The request head is too large",
    Trouble.AMBIGUOUS_LENGTH: "Content-Length and Transfer-Encoding contradict each other",
    Trouble.MALFORMED_REQUEST: "This is not an HTTP request",
    Trouble.BODY_TOO_LARGE: "The body is too large",
    Trouble.REQUEST_TOO_SLOW: "The request did not arrive in time",
    Trouble.FORBIDDEN_TYPE: "Events of this type are made inside only",
    Trouble.NO_TOKEN: "Say who you are: Authorization: Bearer ...",
    Trouble.TOKEN_EXPIRED: "This token is over; ask for a new one",
    Trouble.TOKEN_NOT_VALID: "This is no token of ours",
    Trouble.TOKEN_REVOKED: "This token was called back",
    Trouble.FORBIDDEN_ROLE: "This role may not do this",
    Trouble.FORBIDDEN_SOURCE: "This token does not speak for whom this is about",
    Trouble.FORBIDDEN_AREA: "This token does not reach so far: another area or another domain",
    Trouble.NOTHING_RECORDED: "No event of the batch was recorded",
    Trouble.CONFLICT: "This id came before with another body",
    Trouble.NOT_FOUND: "There is nothing here",
    Trouble.METHOD_NOT_ALLOWED: "This method is not taken here",
    Trouble.OVERLOADED: "Too much is waiting to be recorded; nothing of this request was",
    Trouble.TOO_MANY_VIEWERS: "Too many live views are open",
    Trouble.LOG_UNAVAILABLE: "The log did not confirm in time; send again with the same id",
    Trouble.CALL_NOT_KEPT: "Operators see this call, but neither log nor disk keeps it: telephone 120, 110 or 119 now, and send it again",
    Trouble.NOT_A_CALL: "Nothing of a call can be read here: telephone 120, 110 or 119, or send JSON such as "
    '{"data": {"channel": "button", "device_id": "..."}}',
    Trouble.REGISTER_UNAVAILABLE: "The read side is not available; events are still taken",
    Trouble.INTERNAL_ERROR: "A mistake of ours",
}

REJECTED_STATUS: dict[str, int] = {
    Rejected.NULL_VALUE: 400,
    Rejected.BAD_JSON: 400,
    Rejected.DUPLICATE_KEY: 400,
    Rejected.NOT_AN_EVENT: 400,
    Rejected.EMPTY_BATCH: 400,
    Rejected.TOO_LARGE: 413,
    Rejected.BATCH_TOO_LONG: 413,
    Trouble.FORBIDDEN_TYPE: 403,
    Trouble.FORBIDDEN_ROLE: 403,
    Trouble.FORBIDDEN_SOURCE: 403,
    Trouble.FORBIDDEN_AREA: 403,
}
"""Status of a rejection that stands alone; every other one is 422."""


class Problem(Exception):
    """An answer that is an error. ``extra`` holds further members of the problem object: codes, ids and field names only."""

    def __init__(self, status: int, code: str, *, extra: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = str(code)
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The problem as a response."""
        body = {"type": "about:blank", "title": title_of(self.code), "status": self.status, "code": self.code, **self.extra}
        return Response(orjson.dumps(body), self.status, headers=self.headers, media_type=PROBLEM_TYPE)


def title_of(code: str) -> str:
    """A sentence for people; programs read the code."""
    return TITLES.get(code) or f"Rejected: {code.replace('_', ' ')}"


def unavailable(code: Trouble, retry_after_s: int = 2) -> Problem:
    """503: nothing is pretended; the caller comes again with the same id."""
    return Problem(503, code, headers={"Retry-After": str(retry_after_s)})


def rejected(reason: str, where: tuple[str, ...] = ()) -> Problem:
    """A single event that was not taken."""
    return Problem(REJECTED_STATUS.get(reason, 422), reason, extra={"where": list(where)} if where else None)

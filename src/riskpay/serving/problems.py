"""Errors over HTTP: RFC 9457 problem documents, every exception's status and stable code in one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from riskpay import errors

MEDIA_TYPE: Final = "application/problem+json"


class KeyRequiredError(errors.UsageError):
    """No key came, or one that opens nothing."""


class CrossSiteError(errors.UsageError):
    """A form was sent from another site."""


class BodyTooLargeError(errors.UsageError):
    """The request is larger than is read."""


@dataclass(frozen=True)
class Problem:
    """How one kind of error is said: status, a code that never changes, and a short title."""

    status: int
    code: str
    title: str


PROBLEMS: Final[Mapping[type[Exception], Problem]] = {
    KeyRequiredError: Problem(401, "key_required", "A key is required"),
    CrossSiteError: Problem(403, "cross_site", "The form came from another site"),
    BodyTooLargeError: Problem(413, "body_too_large", "The request is too large"),
    RequestValidationError: Problem(422, "invalid_request", "The request does not fit"),
    errors.UsageError: Problem(400, "bad_question", "The question itself is wrong"),
    errors.NotThereError: Problem(404, "not_there", "What was asked for is not there"),
    errors.TooFewLabelsError: Problem(409, "too_few_labels", "Too little history to learn from"),
    errors.PolicyError: Problem(503, "policy_unusable", "The policy cannot be used"),
    errors.SettingsError: Problem(503, "settings_unusable", "A setting cannot be used"),
    errors.MappingError: Problem(422, "mapping_unusable", "The mapping cannot be used"),
    errors.SourceError: Problem(422, "source_unusable", "The file cannot be used"),
    errors.DataError: Problem(409, "data_unusable", "The data cannot be used"),
    errors.RiskpayError: Problem(500, "error", "riskpay could not answer"),
    Exception: Problem(500, "bug", "riskpay failed; this is a bug"),
}
"""The nearest class in an exception's line of descent counts."""

HTTP_CODES: Final = {404: "no_such_address", 405: "method_not_allowed"}
"""Codes of what the web framework itself refuses."""


def problem_of(error: Exception) -> Problem:
    """How an exception is said over HTTP."""
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return Problem(status, HTTP_CODES.get(status, status.name.lower()), status.phrase)
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def body_of(error: Exception) -> dict[str, Any]:
    """The problem document of an exception: type, title, status, code, detail, and what to do as ``hint``."""
    problem = problem_of(error)
    said: dict[str, Any] = {
        "type": f"/docs#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.title,
    }
    if isinstance(error, errors.RiskpayError):
        said |= {"detail": error.message, "hint": error.hint}
    if isinstance(error, HTTPException):
        said["detail"] = str(error.detail)
    if isinstance(error, errors.PolicyError):
        said["errors"] = [{"detail": fault} for fault in error.problems]
    if isinstance(error, RequestValidationError):
        faults = [_fault(dict(fault)) for fault in error.errors()]
        said |= {"detail": "; ".join(f"{fault['at']}: {fault['detail']}" for fault in faults), "errors": faults}
    return said


def problem_response(error: Exception) -> Response:
    """The response for an exception."""
    body = body_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if body["status"] == HTTPStatus.UNAUTHORIZED else {}
    if isinstance(error, HTTPException) and error.headers:
        headers |= error.headers
    return Response(orjson.dumps(body), body["status"], headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` with a problem document."""
    for kind in (*PROBLEMS, HTTPException):
        app.add_exception_handler(kind, _answer)


async def _answer(_request: Request, error: Exception) -> Response:
    return problem_response(error)


def _fault(error: Mapping[str, Any]) -> dict[str, str]:
    """One fault of a request without the value that came: it may be a secret in the wrong place."""
    at = ".".join(map(str, error["loc"]))
    return {"at": legible(at), "detail": legible(str(error["msg"]).removeprefix("Value error, "))}


def legible(text: str) -> str:
    """``text`` with what no JSON may hold (half of a pair of surrogates) replaced."""
    return text.encode(errors="replace").decode()

"""What stands around every request: a size limit, an answer to bugs, and headers for browsers."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskpay.serving.problems import BodyTooLargeError, problem_response

MAX_BODY_BYTES: Final = 2 * 1024 * 1024
"""Largest request that is read: a thousand items take about a fifth of it."""

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Nothing is loaded from elsewhere, nothing is framed, no script runs that is not ours (there is none)."""

NO_STORE: Final = "no-store"
"""Who owes what is not for a shared cache, nor for the back button after signing out."""


class SecurityHeaders:
    """Adds the headers to every response; answers may be cached only where they say so themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "max-age=3600" if _is_static(scope) else NO_STORE)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class LastAnswer:
    """Answers a bug with a problem document before it leaves our own layers: outside of them the headers would lack."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if scope["type"] == "http" and not begun:
                await problem_response(error)(scope, receive, send)
            raise  # the server logs it


class BodyLimit:
    """Reads a request's body up to a limit before anything else sees it; a larger one is a problem."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        body = None if told.isdecimal() and int(told) > self.limit else await self._read(receive)
        if body is None:
            error = BodyTooLargeError(
                f"the request is larger than {self.limit} bytes", "send it in smaller parts, at most 1000 items each"
            )
            await problem_response(error)(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.limit:
                return None
            more = message.get("more_body", False)
        return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _is_static(scope: Scope) -> bool:
    return str(scope["path"]).startswith("/static/")

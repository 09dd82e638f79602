"""Who may ask: a key for the API, a session behind that key for the pages."""

from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPBearer

from riskpay.serving.deps import Services
from riskpay.serving.problems import CrossSiteError, KeyRequiredError
from riskpay.store.sessions import SESSION_LENGTH

COOKIE: Final = "riskpay_session"
KEY_HEADER: Final = "X-API-Key"

KEY_SCHEMES: Final = [
    Security(HTTPBearer(auto_error=False, description="Authorization: Bearer rp_...")),
    Security(APIKeyHeader(name=KEY_HEADER, auto_error=False, description="The same key in a header of its own")),
]
"""How the key may come; declared for the documentation, checked by ``KeyedRoute``."""


class KeyedRoute(APIRoute):
    """A route that looks at the key before it reads the request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler behind the key."""
        answer = super().get_route_handler()

        async def keyed(request: Request) -> Response:
            require_key(request)
            return await answer(request)

        return keyed


def require_key(request: Request) -> None:
    """Raises KeyRequiredError unless the request carries a key that works."""
    services: Services = request.app.state.services
    token = _token(request)
    if token and services.store.keys.verify(token):
        return
    raise KeyRequiredError(
        "the key is not one of ours" if token else "the request carries no key",
        f"send it as 'Authorization: Bearer rp_...' or '{KEY_HEADER}: rp_...'; "
        "riskpay serve prints one on its first start",
    )


def _token(request: Request) -> str:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else request.headers.get(KEY_HEADER, "")


def signed_in(request: Request) -> bool:
    """Whether the browser has a session that has not ended."""
    services: Services = request.app.state.services
    cookie = request.cookies.get(COOKIE, "")
    return bool(cookie) and services.store.sessions.verify(cookie)


def sign_in(request: Request, response: Response, token: str) -> bool:
    """Open a session for a key that works, and hand its cookie to the browser; False for any other key."""
    services: Services = request.app.state.services
    key = services.store.keys.verify(token)
    if key is None:
        return False
    cookie = services.store.sessions.open(key.key_id)
    age = int(SESSION_LENGTH.total_seconds())
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, cookie, max_age=age, httponly=True, samesite="lax", secure=secure)
    return True


def sign_out(request: Request, response: Response) -> None:
    """End the browser's session and take its cookie back."""
    services: Services = request.app.state.services
    services.store.sessions.close(request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def require_same_site(request: Request) -> None:
    """Raises CrossSiteError if the browser says that a form was sent from another site.

    Browsers name the sender in Sec-Fetch-Site or Origin, and scripts cannot forge either; a caller
    that sends neither is no browser and carries nobody's cookie.
    """
    fetched = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetched is not None:
        same = fetched in {"same-origin", "none"}
    else:
        same = origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
    if not same:
        raise CrossSiteError("the form was sent from another site", "open the page itself and try again")

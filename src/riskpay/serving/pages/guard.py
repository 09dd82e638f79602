"""What every page behind the sign-in does first, and how pages say that something is wrong."""

from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from riskpay.errors import RiskpayError
from riskpay.serving.auth import signed_in
from riskpay.serving.pages.show import page
from riskpay.serving.problems import body_of

SIGN_IN: Final = "/sign-in"
SEE_OTHER: Final = 303


class PageRoute(APIRoute):
    """A page for people: what goes wrong is said on a page, not as a problem document."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The page's handler, with its errors as pages."""
        answer = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await self.guarded(request, answer)
            except (RiskpayError, RequestValidationError) as failed:
                said = body_of(failed)
                return page(request, "problem.html", said["status"], problem=said)

        return shown

    async def guarded(self, request: Request, answer: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
        """The answer; a subclass may ask for something first."""
        return await answer(request)


class SignedInRoute(PageRoute):
    """A page behind the sign-in."""

    async def guarded(self, request: Request, answer: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
        """The answer for a browser that is signed in; others are led to the form and back."""
        if signed_in(request):
            return await answer(request)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN}?to={quote(wanted, safe='/')}", SEE_OTHER)


def local_path(to: str) -> str:
    """``to`` if it is a path of this site, else the first page: a link may not lead a sign-in elsewhere."""
    local = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable()
    return to if local else "/"

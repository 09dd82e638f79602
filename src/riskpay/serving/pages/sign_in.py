"""Signing in with the key, and out again."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from riskpay.serving import auth
from riskpay.serving.pages.guard import SEE_OTHER, SIGN_IN, PageRoute, local_path
from riskpay.serving.pages.show import page

router = APIRouter(route_class=PageRoute)


@router.get(SIGN_IN)
async def form(request: Request, to: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """The form."""
    if auth.signed_in(request):
        return RedirectResponse(local_path(to), SEE_OTHER)
    return page(request, "sign_in.html", to=local_path(to), failed=False)


@router.post(SIGN_IN)
async def sign_in(
    request: Request,
    key: Annotated[str, Form(max_length=200)] = "",
    to: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Open a session and go on to where the browser wanted to be."""
    auth.require_same_site(request)
    onward = RedirectResponse(local_path(to), SEE_OTHER)
    if auth.sign_in(request, onward, key.strip()):
        return onward
    return page(request, "sign_in.html", 401, to=local_path(to), failed=True)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    auth.require_same_site(request)
    onward = RedirectResponse(SIGN_IN, SEE_OTHER)
    auth.sign_out(request, onward)
    return onward

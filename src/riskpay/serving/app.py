"""The application: API and pages over one store and one scorer."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from riskpay.serving import problems
from riskpay.serving.deps import Scorer, Services
from riskpay.serving.guards import MAX_BODY_BYTES, BodyLimit, LastAnswer, SecurityHeaders
from riskpay.serving.pages import customer, docs, sign_in, today
from riskpay.serving.routes import changes, customers, health, scores, worklists
from riskpay.store.database import Store

STATIC: Final = Path(__file__).parent / "static"
SHARED_STATIC: Final = ("riskpay.reporting", "static")

DESCRIPTION: Final = """\
Who will pay late, what a call is worth, whom to call today and what to send when.

Every address under /v1 asks for a key, as `Authorization: Bearer rp_...` or `X-API-Key: rp_...`. Money is
decimal text beside its currency, days are ISO days of the firm's time zone, probabilities have six digits.
Errors are problem documents (RFC 9457) with a stable `code`.
"""


def create_app(store: Store, open_scorer: Callable[[], Scorer], max_body_bytes: int = MAX_BODY_BYTES) -> FastAPI:
    """The application over a store; ``open_scorer`` is called when a score is first asked for, and after each run."""
    app = FastAPI(
        title="riskpay",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.services = Services(store, open_scorer)
    for router in (scores.router, worklists.router, customers.router, changes.router, health.router):
        app.include_router(router)
    for page in (today.router, customer.router, sign_in.router, docs.router):
        app.include_router(page, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC, packages=[SHARED_STATIC]), name="static")
    app.add_middleware(BodyLimit, limit=max_body_bytes)
    app.add_middleware(LastAnswer)
    app.add_middleware(SecurityHeaders)
    problems.install(app)
    return app

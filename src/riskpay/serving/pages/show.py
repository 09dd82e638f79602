"""How pages are made: templates of their own, and those that they share with reports."""

from pathlib import Path
from typing import Any, Final

from fastapi import Request
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse
from starlette.templating import Jinja2Templates

from riskpay.reporting.pages import environment
from riskpay.serving.auth import signed_in


def ticks(text: str) -> Markup:
    """Text in which `what stands in ticks` is set as code; all of it escaped first."""
    parts = text.split("`")
    return Markup("").join(  # the literals are ours, and what is filled in is escaped
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def _templates() -> Jinja2Templates:
    env = environment(Path(__file__).parents[1] / "templates")
    env.filters[ticks.__name__] = ticks
    return Jinja2Templates(env=env)


TEMPLATES: Final = _templates()


def page(request: Request, name: str, status: int = 200, **told: Any) -> HTMLResponse:  # noqa: ANN401 - a template's facts
    """A page from a template."""
    return TEMPLATES.TemplateResponse(request, name, {"signed_in": signed_in(request), **told}, status)

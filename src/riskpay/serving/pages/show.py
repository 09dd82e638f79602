"""How pages are made: templates, with the filters of reports for money, days, chances and names."""

from pathlib import Path
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse
from starlette.templating import Jinja2Templates

from riskpay.reporting.wording import FILTERS, count
from riskpay.serving.auth import signed_in


def ticks(text: str) -> Markup:
    """Text in which `what stands in ticks` is set as code; all of it escaped first."""
    parts = text.split("`")
    return Markup("").join(  # the literals are ours, and what is filled in is escaped
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def _templates() -> Jinja2Templates:
    loader = FileSystemLoader(Path(__file__).parents[1] / "templates")
    env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters.update({**FILTERS, ticks.__name__: ticks})
    env.globals["count"] = count
    return Jinja2Templates(env=env)


TEMPLATES: Final = _templates()


def page(request: Request, name: str, status: int = 200, **told: Any) -> HTMLResponse:  # noqa: ANN401 - a template's facts
    """A page from a template."""
    return TEMPLATES.TemplateResponse(request, name, {"signed_in": signed_in(request), **told}, status)

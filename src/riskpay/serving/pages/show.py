"""How pages say things: templates, and filters for money, days, chances and names."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse
from starlette.templating import Jinja2Templates

from riskpay.serving.auth import signed_in

CHANNELS: Final = {"email": "E-mail", "text": "Text", "phone": "Call", "letter": "Letter"}
STATES: Final = {"sent": "Sent", "planned": "Planned", "approval": "To approve", "suppressed": "Held back"}


def money(text: object) -> str:
    """Decimal text with thousands apart: 54273.28 -> 54,273.28."""
    try:
        return f"{Decimal(str(text)):,f}"
    except InvalidOperation:
        return "" if text is None else str(text)


def whole_money(text: object) -> str:
    """As money, rounded to whole units: an expectation has no cents."""
    try:
        return f"{Decimal(str(text)):,.0f}"
    except InvalidOperation:
        return ""


def percent(share: float | None) -> str:
    """A probability as people say it; never 0 % or 100 % for what is not certain."""
    if share is None:
        return ""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")


def day(value: date | str | None) -> str:
    """A day such as 1 Aug 2019, from a date or its ISO text."""
    if value is None:
        return ""
    moment = value if isinstance(value, date) else date.fromisoformat(value)
    return f"{moment.day} {moment:%b %Y}"


def near_day(value: str, seen_on: date) -> str:
    """A day without its year if that is the year of the page: 2 Aug."""
    moment = date.fromisoformat(value)
    return day(moment) if moment.year != seen_on.year else f"{moment.day} {moment:%b}"


def long_day(value: date) -> str:
    """A day such as Thursday, 1 August 2019."""
    return f"{value:%A}, {value.day} {value:%B %Y}"


def hour(value: str) -> str:
    """The time of an ISO moment: 08:00."""
    return f"{datetime.fromisoformat(value):%H:%M}"


def words(name: object) -> str:
    """An identifier as words: habitually_late -> habitually late."""
    return "" if name is None else str(name).replace("_", " ")


def channel(name: str) -> str:
    """A channel as people say it."""
    return CHANNELS.get(name, words(name))


def state(name: str) -> str:
    """The state of a step as people say it."""
    return STATES.get(name, words(name))


def ticks(text: str) -> Markup:
    """Text in which `what stands in ticks` is set as code; all of it escaped first."""
    parts = text.split("`")
    return Markup("").join(  # the literals are ours, and what is filled in is escaped
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def count(number: float, one: str, many: str = "") -> str:
    """A number with its noun: 1 item, 2 items."""
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


def _templates() -> Jinja2Templates:
    loader = FileSystemLoader(Path(__file__).parents[1] / "templates")
    env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters.update(
        {
            f.__name__: f
            for f in (money, whole_money, percent, day, near_day, long_day, hour, words, channel, state, ticks)
        }
    )
    env.globals["count"] = count
    return Jinja2Templates(env=env)


TEMPLATES: Final = _templates()


def page(request: Request, name: str, status: int = 200, **told: Any) -> HTMLResponse:  # noqa: ANN401 - a template's facts
    """A page from a template."""
    return TEMPLATES.TemplateResponse(request, name, {"signed_in": signed_in(request), **told}, status)

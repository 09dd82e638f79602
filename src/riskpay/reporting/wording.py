"""How figures, days and codes are said to people, on pages and in reports."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

CHANNELS: Final = {"email": "E-mail", "text": "Text", "phone": "Call", "letter": "Letter"}
STATES: Final = {"sent": "Sent", "planned": "Planned", "approval": "To approve", "suppressed": "Held back"}

CHECK_STATUSES: Final = {"ok": "In order", "warn": "Warning", "alarm": "Alarm", "not_enough": "Not enough to say"}
CHECKS: Final = {
    "data.facts": "newest fact",
    "data.cash": "newest payment",
    "data.invoices": "invoices a week",
    "data.payments": "payments a week",
    "data.rejected": "rejected rows",
    "data.unknown_customers": "unknown customers",
    "drift.features": "features, in all",
    "drift.score.p_late": "chance of being late, at issue",
    "drift.score.p_unpaid_30": "unpaid in 30 days, open items",
    "answers.late.brier": "late: Brier score",
    "answers.late.roc_auc": "late: ranking (ROC-AUC)",
    "calibration.late.gap": "late: told and happened",
    "calibration.late.slope": "late: calibration slope",
    "calibration.late.trend": "late: calibration by month",
}
"""Checks of the monitor as people say them; others by rule."""


def money(text: object) -> str:
    """Decimal text with thousands apart: 54273.28 -> 54,273.28."""
    try:
        return f"{Decimal(str(text)):,f}"
    except InvalidOperation:
        return "" if text is None else str(text)


def signed_money(text: object) -> str:
    """As whole_money, with its sign: 1666.92 -> +1,667."""
    said = whole_money(text)
    return said if not said or said.startswith("-") else f"+{said}"


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


def points(share: float | None) -> str:
    """A change of a probability in points with its sign: 0.034 -> +3.4; never a bare zero for what is none."""
    if share is None:
        return ""
    if 0 < abs(share) < 0.0005:
        return "+0.0" if share > 0 else "-0.0"
    return f"{100 * share:+.1f}" if share else "0"


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


def check_name(name: str) -> str:
    """The name of a check of the monitor as people say it."""
    if name in CHECKS:
        return CHECKS[name]
    last = name.removeprefix("drift.feature.").removeprefix("calibration.")
    if last.startswith("unpaid_"):
        return f"unpaid in {last.removeprefix('unpaid_').removesuffix('.gap')} days: told and happened"
    return words(last)


def check_status(status: str) -> str:
    """A status of the monitor as people say it."""
    return CHECK_STATUSES.get(status, words(status))


def count(number: float, one: str, many: str = "") -> str:
    """A number with its noun: 1 item, 2 items."""
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


FILTERS: Final = {
    f.__name__: f
    for f in (
        money,
        signed_money,
        whole_money,
        percent,
        points,
        day,
        near_day,
        long_day,
        hour,
        words,
        channel,
        state,
        check_name,
        check_status,
    )
}
"""The ones of a single value, by name, as templates call them."""

"""Why a payer stands on the list: two to four plain sentences, each true to the facts and each about something else."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from riskpay.money import for_people

MOST: Final = 4
WORTH_SAYING: Final = 0.1
"""A chance of staying unpaid below this is no reason to call."""


@dataclass(frozen=True, slots=True)
class ReasonFacts:
    """What the sentences say. Amounts in minor units of ``currency``; chances are None without a model.

    ``past_due`` is all that is open and past due; ``past_due_to_collect`` leaves out what is held or already
    covered by unapplied cash; ``oldest_days`` is the days past due of the oldest item that can be collected,
    ``oldest_open_days`` of any.
    """

    currency: str
    past_due: int
    past_due_to_collect: int
    to_collect: int
    oldest_days: int
    oldest_open_days: int
    settled: int
    open_documents: int
    last_count: int
    last_late: int
    last_mean_days_late: float | None
    p_unpaid_30: float | None
    abstains: bool = False
    must_contact: str | None = None
    broken_on: date | None = None
    debit_returned_on: date | None = None
    about: str = ""


def reasons(facts: ReasonFacts) -> tuple[str, ...]:
    """Two to four sentences, each on its own subject: a must-contact rule, the history, the age, the amount, the forecast."""
    large = facts.must_contact == "large and overdue"
    amount = _amount(facts)
    first = f"must be called: {amount}" if large else _must(facts)
    said = (first, _history(facts), _age(facts), "" if large else amount, _forecast(facts))
    return tuple(sentence for sentence in said if sentence)[:MOST]


def _must(facts: ReasonFacts) -> str:
    if facts.must_contact == "broken promise" and facts.broken_on is not None:
        return f"must be called: broke a promise, overdue since {facts.broken_on}"
    if facts.must_contact == "returned debit" and facts.debit_returned_on is not None:
        return f"must be called: a debit came back on {facts.debit_returned_on}"
    return "must be called: overdue and not contacted for too long" if facts.must_contact else ""


def _history(facts: ReasonFacts) -> str:
    if facts.settled == 0:
        return (
            f"{facts.about}{'first invoice' if facts.open_documents == 1 else 'nothing settled so far'}: no history yet"
        )
    if facts.last_count == 0:
        return f"{facts.about}settled {facts.settled} invoices so far"
    if facts.last_count == 1:
        return f"{facts.about}paid the last settled invoice {'late' if facts.last_late else 'on time'}{_by(facts)}"
    if facts.last_late == 0:
        return f"{facts.about}paid all of the last {facts.last_count} invoices on time"
    return f"{facts.about}paid {facts.last_late} of the last {facts.last_count} invoices late{_by(facts)}"


def _by(facts: ReasonFacts) -> str:
    """The mean delay over the invoices named, when it is a delay."""
    days = round(facts.last_mean_days_late or 0)
    if not facts.last_late or days < 1:
        return ""
    return f", {_days(days)}" if facts.last_count == 1 else f", {_days(days)} on average"


def _age(facts: ReasonFacts) -> str:
    if facts.oldest_days <= 0:
        return ""
    what = "oldest open invoice" if facts.oldest_days == facts.oldest_open_days else "oldest invoice to collect"
    return f"{what} is {_days(facts.oldest_days)} past due"


def _amount(facts: ReasonFacts) -> str:
    if facts.past_due <= 0:
        return f"owes {for_people(facts.to_collect, facts.currency)}, not past due yet"
    owed = f"owes {for_people(facts.past_due, facts.currency)} past due"
    if facts.past_due_to_collect == facts.past_due:
        return owed
    return f"{owed}, {for_people(facts.past_due_to_collect, facts.currency)} of it to collect now"


def _forecast(facts: ReasonFacts) -> str:
    if facts.abstains:
        return "too little is known to say when it is paid" if facts.settled else ""
    if facts.p_unpaid_30 is None or facts.p_unpaid_30 < WORTH_SAYING:
        return ""
    return f"{100 * facts.p_unpaid_30:.0f} % likely to be unpaid in 30 days"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"

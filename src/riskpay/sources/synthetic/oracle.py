"""The best predictor of p_late that observable facts allow: the bound no model on this world should beat by much.

It knows the scenario (the law of payment, the true sizes of all effects, the spread of customers) and
what the ledger knew at the question's day. It weighs a grid of a customer's mean delay, scale and pay-run day
by prior times likelihood of all items known then, open ones included, and averages p_late over it.

Approximations, each small: a customer's chances of dispute, forgetting and never paying are the mean of its
likely type; history after an item's first day of calls counts only as "unpaid until then"; a payment on its way
(up to two days) counts as not made; part payments tell nothing; of more than ``_MOST`` items every k-th counts.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from riskpay.dates import Cut
from riskpay.errors import NotThereError
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY
from riskpay.sources.synthetic.hazards import UNPAID, Bools, Floats, Ints, softplus
from riskpay.sources.synthetic.oracle_grid import TINY, Cells, around, bounds, grid
from riskpay.sources.synthetic.paydays import PayDays, number
from riskpay.sources.synthetic.scenario import ANY_DAY, MONTH_END, PAY_RUNS, Scenario
from riskpay.sources.synthetic.world import World

_MOST = 1000
_LAG = 2
_MEANS, _SCALES = 41, 11
_FINE_MEANS, _FINE_SCALES = 31, 13


@dataclass(frozen=True)
class _Seen:
    """Items as the oracle sees them, a value each; day numbers, UNPAID for what is not known."""

    issue: Ints
    due: Ints
    effect: Floats
    call: Ints
    paid: Ints
    paid_known: Ints
    closed: Ints
    disputed: Ints

    def take(self, rows: Ints | Bools) -> "_Seen":
        return _Seen(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class _Runs:
    """Pay-run days of one country and code."""

    days: PayDays
    calendar: int

    def last_to(self, day: Ints) -> Ints:
        return self.days.last_to(np.full(day.shape, self.calendar), day)


@dataclass(frozen=True)
class _Person:
    """What is seen of a customer: whether it pays automatically, and the pay-runs it may have with their prior."""

    automatic: bool
    codes: dict[int, float]
    runs: dict[int, _Runs]


def oracle_p_late(world: World, questions: pl.DataFrame, cut: Cut = "start") -> Floats:
    """P(not paid by the due date) of each question, in order; 1 for an item past its due date.

    ``questions`` has company_id, invoice_id, instalment and as_of; ``cut`` says which facts that day knows.
    Raises NotThereError for an item that the world does not have.
    """
    seen, owner = _seen(world)
    rows = questions.join(owner, on=ITEM_KEY, how="left", maintain_order="left").with_row_index("question")
    if rows["item"].null_count():
        raise NotThereError("a question is about an item that is not in the world", "ask about items of its truth")
    histories = {tuple(key): group["item"].to_numpy() for key, group in owner.group_by(CUSTOMER_KEY)}
    people = _people(world)
    answer = np.ones(questions.height)
    for key, asked in rows.group_by(*CUSTOMER_KEY, "as_of", maintain_order=True):
        person, day = people[key[:2]], number(key[2])
        item = asked["item"].to_numpy()
        known = day - (1 if cut == "start" else 0)
        told = _told(seen, histories[key[:2]], known)
        p_late = _answers(seen, told, item, known, person, world.scenario)
        answer[asked["question"].to_numpy()] = np.where(seen.due[item] < day, 1.0, p_late)
    return answer


def _people(world: World) -> dict[tuple[object, ...], "_Person"]:
    days = _paydays(world)
    first = world.ledger.customers.group_by(CUSTOMER_KEY, maintain_order=True).first()
    rows = first.select(*CUSTOMER_KEY, "payment_method", "country").iter_rows()
    return {(c, i): _person(method, country, days, world.scenario) for c, i, method, country in rows}


def _person(method: str, country: str, days: PayDays, scenario: Scenario) -> "_Person":
    codes = _codes(method, scenario)
    place = days.countries.index(country)
    return _Person(
        automatic=method in ("direct_debit", "auto_pay"),
        codes=codes,
        runs={code: _Runs(days, place * len(PAY_RUNS) + code) for code in codes},
    )


def _paydays(world: World) -> PayDays:
    codes = tuple(code for code, _, _ in world.scenario.countries)
    return PayDays.between(world.start - timedelta(days=100), world.as_of + timedelta(days=200), codes)


def _seen(world: World) -> tuple[_Seen, pl.DataFrame]:
    """All items with how they first closed, and the number of each item with its customer."""
    first = (
        item_states(world.ledger)
        .filter("settled")
        .group_by(ITEM_KEY, maintain_order=True)
        .agg(pl.col("settled_on", "settled_by", "known_on").first())
    )
    contested = world.ledger.disputes.group_by(ITEM_KEY).agg(disputed=pl.col("known_on").min())
    ended = (
        world.ledger.customers.filter(pl.col("account_status") != "active")
        .group_by(CUSTOMER_KEY)
        .agg(ended=pl.col("valid_from").min())
    )
    rows = (
        world.truth.select(*ITEM_KEY, "customer_id", "issue_date", "due_date", "effect_days", "first_call_on")
        .join(first, on=ITEM_KEY, how="left", maintain_order="left")
        .join(contested, on=ITEM_KEY, how="left", maintain_order="left")
        .join(ended, on=CUSTOMER_KEY, how="left", maintain_order="left")
    )
    cash = pl.col("settled_by") == "cash"
    closed = pl.min_horizontal(pl.when(~cash).then("settled_on"), "ended")
    seen = _Seen(
        issue=_numbers(rows["issue_date"]),
        due=_numbers(rows["due_date"]),
        effect=rows["effect_days"].to_numpy(),
        call=_numbers(rows["first_call_on"]),
        paid=_numbers(rows.select(pl.when(cash).then("settled_on")).to_series()),
        paid_known=_numbers(rows.select(pl.when(cash).then("known_on")).to_series()),
        closed=_numbers(rows.select(closed).to_series()),
        disputed=_numbers(rows["disputed"]),
    )
    return seen, rows.select(*ITEM_KEY, "customer_id").with_row_index("item")


def _numbers(days: pl.Series) -> Ints:
    return days.to_physical().cast(pl.Int64).fill_null(UNPAID).to_numpy()


def _codes(method: str, scenario: Scenario) -> dict[int, float]:
    """Pay-run codes with their prior, given how the customer pays."""
    if method == "statement":
        return {MONTH_END: 1.0}
    if method != "transfer":
        return {ANY_DAY: 1.0}
    return dict(enumerate(scenario.pay_runs))


def _told(seen: _Seen, history: Ints, known: int) -> Ints:
    """The items of a customer's history that count: all known by the day, or every k-th of very many.

    The choice must not look at what came of them: the latest settled and all open ones would make anyone look late.
    """
    mine = history[seen.issue[history] <= known]
    return mine[:: -(-max(len(mine), 1) // _MOST)]


def _answers(seen: _Seen, told: Ints, item: Ints, known: int, person: _Person, scenario: Scenario) -> Floats:
    """p_late of some items of one customer on one day."""
    types = (scenario.automatic,) if person.automatic else scenario.types
    noise = 1.0 if person.automatic else scenario.noise
    facts = seen.take(told)
    fits = [code for code in person.codes if _fits(facts, known, person.runs[code])]
    cells = grid(types, noise, bounds(types, noise), (_MEANS, _SCALES))
    weights = _posterior(facts, known, cells, fits, person, scenario)
    cells = grid(types, noise, around(cells, weights.sum(axis=0)), (_FINE_MEANS, _FINE_SCALES))
    weights = _posterior(facts, known, cells, fits, person, scenario)
    asked = seen.take(item)
    since = _unpaid_until(asked, known)
    contested = asked.disputed <= known
    inside = np.isin(item, told)
    late, total = np.zeros(len(item)), np.zeros(len(item))
    for weight, code in zip(weights, fits, strict=True):
        now = _unpaid(asked, since, cells, person.runs[code], contested, scenario)
        then = _unpaid(asked, np.maximum(asked.due, since), cells, person.runs[code], contested, scenario)
        # The weights hold the items of the history as unpaid so far already.
        late += np.where(inside, (then / np.maximum(now, TINY)) @ weight, then @ weight)
        total += np.where(inside, weight.sum(), now @ weight)
    # Rounding may step over 1 where an automatic payer is due on a weekend.
    return np.minimum(late / total, 1.0)


def _fits(facts: _Seen, known: int, runs: _Runs) -> bool:
    paid = facts.paid[facts.paid_known <= known]
    return bool((runs.last_to(paid) == paid).all())


def _posterior(
    facts: _Seen,
    known: int,
    cells: Cells,
    fits: list[int],
    person: _Person,
    scenario: Scenario,
) -> Floats:
    """Weights of (pay-run code, cell), not normalised; the largest is 1."""
    logs = np.array(
        [
            np.log(max(person.codes[code], TINY))
            + cells.log_prior
            + _log_likelihood(facts, known, cells, person.runs[code], scenario)
            for code in fits
        ]
    )
    weights: Floats = np.exp(logs - logs.max())
    return weights


def _unpaid_until(facts: _Seen, known: int) -> Ints:
    """The last day by whose end each item was surely unpaid, before calls and closings change its law."""
    until = np.minimum(np.minimum(facts.call, facts.closed - 1), known - _LAG)
    return np.maximum(np.where(facts.paid_known <= known, np.minimum(until, facts.paid - 1), until), facts.issue)


def _log_likelihood(facts: _Seen, known: int, cells: Cells, runs: _Runs, scenario: Scenario) -> Floats:
    contested = facts.disputed <= known
    paid = facts.paid_known <= known
    exact = paid & (facts.paid <= facts.call)
    still = facts.take(~exact)
    # A settled item that was never contested was plain.
    total = _logs(_unpaid(still, _unpaid_until(still, known), cells, runs, contested[~exact], scenario)).sum(axis=0)
    done = facts.take(exact)
    shift = np.where(contested[exact], scenario.dispute_shift, 0.0)
    before = _survival(done, done.paid - 1, cells, runs, shift)
    after = _survival(done, done.paid, cells, runs, shift)
    chance = np.where(contested[exact][:, None], cells.p_dispute, 1.0 - cells.p_dispute - cells.p_stuck)
    answer: Floats = total + _logs(chance * (before - after)).sum(axis=0)
    return answer


def _logs(chance: Floats) -> Floats:
    return np.log(np.maximum(chance, TINY))


def _unpaid(facts: _Seen, day: Ints, cells: Cells, runs: _Runs, contested: Bools, scenario: Scenario) -> Floats:
    """P(unpaid at the end of ``day``, and contested if it is known to be), by item and cell."""
    plain = _survival(facts, day, cells, runs, np.zeros(len(day)))
    disputed = _survival(facts, day, cells, runs, np.full(len(day), scenario.dispute_shift)) * cells.p_dispute
    mixed = (1.0 - cells.p_dispute - cells.p_stuck) * plain + disputed + cells.p_stuck
    return np.where(contested[:, None], disputed, mixed)


def _survival(facts: _Seen, day: Ints, cells: Cells, runs: _Runs, shift: Floats) -> Floats:
    """P(no intent by the last pay-run day up to ``day``) of a kind, by item and cell."""
    run = np.maximum(runs.last_to(day), facts.issue) - facts.due
    mean = cells.mean + (facts.effect + shift)[:, None]
    start = softplus(((facts.issue - facts.due)[:, None] - mean) / cells.scale)
    return np.exp(start - softplus((run[:, None] - mean) / cells.scale))

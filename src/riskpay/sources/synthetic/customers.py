"""The customers of a synthetic world and all that is latent in them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from riskpay.sources.synthetic.hazards import Bools, Floats, Ints
from riskpay.sources.synthetic.paydays import PayDays, number
from riskpay.sources.synthetic.scenario import ANY_DAY, MONTH_END, PAY_RUNS, Scenario

Texts = NDArray[np.str_]

OWNERS: Final = ("ana", "bo", "chen", "dora", "emil")
_HOME: Final = {"DE": "2", "FR": "2"}
_ZONES: Final = {
    "US": "America/New_York",
    "GB": "Europe/London",
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "JP": "Asia/Tokyo",
}
_LANGUAGES: Final = {"US": "en", "GB": "en", "DE": "de", "FR": "fr", "JP": "ja"}
_DEBTORS: Final = (("company", 0.90), ("sole_trader", 0.06), ("consumer", 0.03), ("unknown", 0.01))
_ENDS: Final = ("insolvent", "legal", "agency")


@dataclass(frozen=True)
class Customers:
    """n customers, a value each; days are day numbers (since 1970-01-01), delays are days.

    ``kind`` is an index into the scenario's types, the automatic one last; ``country`` an index into its
    countries; ``calendar`` and ``office`` are calendars of pay-run days (the customer's) and business days (ours).
    """

    company: Texts
    country: Ints
    kind: Ints
    method: Texts
    pay_run: Ints
    calendar: Ints
    office: Ints
    mean_delay: Floats
    scale: Floats
    p_dispute: Floats
    p_forget: Floats
    p_never: Floats
    terms: Ints
    rate: Floats
    log_amount: Floats
    begins: Ints
    troubled: Bools
    kappa: Floats
    alpha: Floats
    half_life: Floats
    p_reach: Floats
    owner: Ints
    strategic: Bools

    def __len__(self) -> int:
        return len(self.kind)


def ids(index: Ints) -> pl.Series:
    """Customer ids of customer indices: C00001 for 0."""
    return ("C" + pl.Series(index + 1).cast(pl.String).str.zfill(5)).rename("customer_id")


def pick(rng: np.random.Generator, shares: tuple[float, ...], n: int) -> Ints:
    """N indices drawn with chances in proportion to ``shares``."""
    edges = np.cumsum(shares) / np.sum(shares)
    return np.searchsorted(edges, rng.random(n), side="right").astype(np.int64)


def draw_customers(n: int, scenario: Scenario, days: PayDays, last: int, rng: np.random.Generator) -> Customers:
    """N customers of a scenario for a window that ends on day number ``last``; the first is the giant."""
    country = pick(rng, tuple(share for _, _, share in scenario.countries), n)
    codes = np.array([code for code, _, _ in scenario.countries])[country]
    company = np.array([_HOME.get(str(code), "1") for code in codes])
    method = np.array([name for name, _ in scenario.methods])[pick(rng, tuple(s for _, s in scenario.methods), n)]
    method[0] = "transfer"
    automatic = np.isin(method, ("direct_debit", "auto_pay"))
    kind = pick(rng, tuple(t.share for t in scenario.types), n)
    kind[0] = min(1, len(scenario.types) - 1)
    kind[automatic] = len(scenario.types)
    pay_run = pick(rng, scenario.pay_runs, n)
    pay_run[automatic] = ANY_DAY
    pay_run[method == "statement"] = MONTH_END
    troubled = rng.random(n) < scenario.troubled_share
    troubled[0] = False
    faults = _faults(kind, troubled, scenario, rng)
    home = np.array([days.countries.index("DE" if entity == "2" else "US") for entity in company])
    return Customers(
        company=company,
        country=country,
        kind=kind,
        method=method,
        pay_run=pay_run,
        calendar=days.calendar(country, pay_run),
        office=days.calendar(home, ANY_DAY),
        mean_delay=_by(kind, scenario, "mean_delay") + _by(kind, scenario, "mean_delay_sd") * rng.standard_normal(n),
        scale=_by(kind, scenario, "scale")
        * np.exp(_by(kind, scenario, "scale_sigma") * rng.standard_normal(n))
        * np.where(automatic, 1.0, scenario.noise),
        p_dispute=faults[0],
        p_forget=faults[1],
        p_never=faults[2],
        terms=np.array([t for t, _ in scenario.terms])[pick(rng, tuple(s for _, s in scenario.terms), n)],
        begins=_begins(n, scenario, last, rng),
        rate=_rates(n, scenario, rng),
        log_amount=np.log(scenario.amount) + scenario.amount_between * rng.standard_normal(n),
        troubled=troubled,
        kappa=1.0 + (scenario.kappa - 1.0) * rng.gamma(2.0, 0.5, n),
        alpha=scenario.alpha * rng.gamma(2.0, 0.5, n),
        half_life=np.clip(scenario.half_life * np.exp(0.3 * rng.standard_normal(n) - 0.045), 4.0, 20.0),
        p_reach=rng.beta(8 * scenario.p_reach, 8 * (1 - scenario.p_reach), n),
        owner=rng.integers(0, len(OWNERS), n),
        strategic=(rng.random(n) < 0.02) | (np.arange(n) == 0),
    )


def _by(kind: Ints, scenario: Scenario, name: str) -> Floats:
    """A parameter of each customer's type."""
    return np.array([getattr(t, name) for t in (*scenario.types, scenario.automatic)], dtype=np.float64)[kind]


def _faults(kind: Ints, troubled: Bools, scenario: Scenario, rng: np.random.Generator) -> list[Floats]:
    """Chances of dispute, forgetting and never paying: the type's mean times a gamma draw of mean 1."""
    spread = [
        np.minimum(_by(kind, scenario, name) * rng.gamma(2.0, 0.5, len(kind)), 0.25)
        for name in ("p_dispute", "p_forget", "p_never")
    ]
    spread[2] = np.minimum(spread[2] * np.where(troubled, scenario.troubled_factor, 1.0), 0.25)
    return spread


def _begins(n: int, scenario: Scenario, last: int, rng: np.random.Generator) -> Ints:
    start = number(scenario.start)
    fresh = rng.random(n) < scenario.new_share
    fresh[0] = False
    return np.where(fresh, rng.integers(start, max(start + 1, last - 30), n), start)


def _rates(n: int, scenario: Scenario, rng: np.random.Generator) -> Floats:
    """Invoices a month, so that the first customer has ``giant_share`` of all that are expected."""
    rate = scenario.invoices_a_month * np.exp(scenario.volume_sigma * rng.standard_normal(n))
    if n > 1:
        rate[0] = rate[1:].sum() * scenario.giant_share / (1.0 - scenario.giant_share)
    return rate


def customer_rows(
    customers: Customers, scenario: Scenario, ends: Ints, last: int, rng: np.random.Generator
) -> pl.DataFrame:
    """The customers table: a row from the day before a customer begins, a second one where an account ends.

    ``ends`` are the day numbers from which an account is insolvent, legal or at an agency; later than ``last``: unknown.
    """
    n = len(customers)
    codes = [scenario.countries[k][0] for k in customers.country]
    partner = rng.integers(0, n, n)
    has_payer = (rng.random(n) < 0.05) & (customers.company[partner] == customers.company)
    limit = np.round(np.exp(customers.log_amount) * np.maximum(customers.rate, 1.0) * 4, -3).astype(np.int64) * 100
    names = ids(np.arange(n))
    rows = pl.DataFrame(
        {
            "company_id": customers.company,
            "customer_id": names,
            "valid_from": customers.begins - 1,
            "name": ["Customer " + name[1:] for name in names],
            "payer_id": [names[int(p)] if h else None for p, h in zip(partner, has_payer, strict=True)],
            "group_id": [f"G{g:03d}" if g < max(1, n // 20) else None for g in rng.integers(0, max(4, n // 2), n)],
            "debtor_type": [_DEBTORS[k][0] for k in pick(rng, tuple(s for _, s in _DEBTORS), n)],
            "country": codes,
            "time_zone": [_ZONES.get(code) for code in codes],
            "language": [_LANGUAGES.get(code) for code in codes],
            "payment_method": customers.method,
            "account_status": "active",
            "credit_limit": limit,
            "owner": [OWNERS[k] for k in customers.owner],
            "strategic": customers.strategic,
            "opening_dunning_level": 0,
            "email": [f"ar@{name.lower()}.example" for name in names],
            "phone": [f"+1555{k:07d}" for k in range(n)],
            "address": [f"{k + 1} Sample Street" for k in range(n)],
        },
        schema_overrides={"payer_id": pl.String, "group_id": pl.String},
    )
    ended = rows.with_columns(
        valid_from=pl.Series(ends), account_status=pl.Series([_ENDS[k] for k in rng.integers(0, len(_ENDS), n)])
    ).filter(pl.col("valid_from") <= last)
    return pl.concat([rows, ended]).with_columns(pl.col("valid_from").cast(pl.Int32).cast(pl.Date))


def customers_truth(customers: Customers, scenario: Scenario, ends: Ints) -> pl.DataFrame:
    """Every latent parameter of every customer, one row each."""
    types = (*scenario.types, scenario.automatic)
    return pl.DataFrame(
        {
            "company_id": customers.company,
            "customer_id": ids(np.arange(len(customers))),
            "payer_type": [types[k].name for k in customers.kind],
            "pay_run": [PAY_RUNS[k] for k in customers.pay_run],
            **{
                name: getattr(customers, name)
                for name in (
                    "mean_delay",
                    "scale",
                    "p_dispute",
                    "p_forget",
                    "p_never",
                    "terms",
                    "kappa",
                    "alpha",
                    "half_life",
                    "p_reach",
                    "troubled",
                )
            },
            "invoices_a_month": customers.rate,
            "log_amount": customers.log_amount,
            "begins": pl.Series(customers.begins).cast(pl.Int32).cast(pl.Date),
            "ends": pl.Series(np.where(ends > 10**5, -1, ends)).cast(pl.Int32),
        }
    ).with_columns(ends=pl.when(pl.col("ends") >= 0).then(pl.col("ends")).cast(pl.Date))

"""Holds: why an item gets no step, and what of it can be collected.

In this order, the first that leaves nothing to collect names the hold: account status, block, auto-pay,
dispute, promise, balance below the minimum, stale bank data. The disputed or promised part leaves the
item; the rest is still worked. Stale bank data holds the steps and leaves the call list as it is.
Unapplied cash lowers ``collectible_amount`` of the oldest items, for ranking only: it holds nothing.
Account status and auto-pay count of the customer or of its payer; disputes, promises, blocks and cash
that name the payer hold for all items it answers for, those that name a customer for its own. Every hold
of ours has an end: a dispute without a date ends after ``dispute_days``, auto-pay counts as failed after
``auto_pay_days``, or as soon as a debit came back: of the item, or of its account since the item was due.
"""

from datetime import date, timedelta

import polars as pl

from riskpay.decisions.book import Book
from riskpay.decisions.claims import take_by_account, take_by_scope
from riskpay.decisions.policy import Policy
from riskpay.decisions.promises import open_promises
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY
from riskpay.money import minor_digits

SELF_PAYING = ("auto_pay", "direct_debit")


def held_items(book: Book, policy: Policy) -> pl.DataFrame:
    """The items of a book in order (``Book.in_order``), same rows and order, with their holds.

    Adds payer_id; ``debit_returned`` (whether a debit of the item came back); ``disputed`` and ``promised``
    (minor units taken out); ``workable`` (open less those, 0 when wholly held, minor units);
    ``collectible_amount`` (workable net of unapplied cash); and ``hold``: null, or the rule that keeps every
    step of the item back, with its end.
    """
    items = _returned(with_accounts(book), book)
    items = items.with_columns(rest=pl.col("open_amount"), hold=pl.lit(None, pl.String))
    for hold in (_account(), _auto_pay(book.as_of, policy)):
        items = _wholly(items, hold)
    items = _blocked(items, book)
    items = take_by_scope(items, _open_disputes(book, policy), "disputed")
    items = take_by_scope(items, open_promises(book, policy), "promised")
    items = _wholly(items, _nothing_left())
    items = _wholly(items, _too_small(book, policy))
    items = items.with_columns(workable="rest")
    items = _less_unapplied(items, book).rename({"rest": "collectible_amount"})
    items = items.with_columns(hold=pl.coalesce("hold", _stale(book, policy)))
    return items.drop("account_status", "payment_method", "disputed_until", "promised_until").sort(ITEM_KEY)


def with_accounts(book: Book) -> pl.DataFrame:
    """Items with the payer who answers for them, and the status and payment method of customer and payer."""
    own = book.customers.select(*CUSTOMER_KEY, "payer_id", "account_status", "payment_method")
    payer = book.customers.select(
        "company_id",
        pl.col("customer_id").alias("payer_id"),
        pl.col("account_status").alias("_payer_status"),
        pl.col("payment_method").alias("_payer_method"),
    )
    quiet = pl.when(pl.col("account_status").fill_null("active") != "active").then("account_status")
    return (
        book.items.join(own, on=CUSTOMER_KEY, how="left", maintain_order="left")
        .with_columns(payer_id=pl.coalesce("payer_id", "customer_id"))
        .join(payer, on=["company_id", "payer_id"], how="left", maintain_order="left")
        .with_columns(
            account_status=pl.coalesce(quiet, "_payer_status", pl.lit("active")),
            payment_method=pl.coalesce("_payer_method", "payment_method", pl.lit("transfer")),
        )
        .drop("_payer_status", "_payer_method")
    )


def _wholly(items: pl.DataFrame, hold: pl.Expr) -> pl.DataFrame:
    """``items`` with a hold (an expression, null where it does not hold) that leaves nothing to collect."""
    found = items.with_columns(hold=pl.coalesce("hold", hold))
    return found.with_columns(rest=pl.when(pl.col("hold").is_null()).then("rest").otherwise(pl.lit(0, pl.Int64)))


def _account() -> pl.Expr:
    status = pl.col("account_status")
    return pl.when(status != "active").then(pl.format("account: {}, nobody is chased", status))


def _auto_pay(as_of: date, policy: Policy) -> pl.Expr:
    wait = timedelta(days=policy.posting_lag_days + policy.auto_pay_days)
    until = pl.col("effective_due_date") + wait
    waits = pl.col("payment_method").is_in(SELF_PAYING) & (until >= as_of) & ~pl.col("debit_returned")
    return pl.when(waits).then(pl.format("auto-pay: the item pays itself, failed if open after {}", until))


def _returned(items: pl.DataFrame, book: Book) -> pl.DataFrame:
    """``items`` with ``debit_returned``: no money is on its way for these, whatever days have passed."""
    found = items
    for number, account in enumerate(("customer_id", "payer_id")):
        last = book.returned_debits.group_by("company_id", pl.col("customer_id").alias(account)).agg(
            pl.col("reversed_on").max().alias(f"_returned_{number}")
        )
        found = found.join(last, on=["company_id", account], how="left", maintain_order="left")
    own = book.returned_debits.select(ITEM_KEY).drop_nulls().unique().with_columns(_own=pl.lit(value=True))
    since_due = pl.max_horizontal("_returned_0", "_returned_1") >= pl.col("effective_due_date")
    return (
        found.join(own, on=ITEM_KEY, how="left", maintain_order="left")
        .with_columns(debit_returned=pl.col("_own").fill_null(value=False) | since_due.fill_null(value=False))
        .drop("_returned_0", "_returned_1", "_own")
    )


def _blocked(items: pl.DataFrame, book: Book) -> pl.DataFrame:
    now = (pl.col("status") == "active") & (pl.col("blocked_on") <= book.as_of) & (pl.col("until") >= book.as_of)
    blocks = book.blocks.filter(now).with_columns(amount=pl.lit(None, pl.Int64))
    if blocks.is_empty():
        return items
    marked = take_by_scope(items.with_columns(_rest="rest", rest=pl.lit(1, pl.Int64)), blocks, "blocked")
    hold = pl.when(pl.col("blocked") > 0).then(pl.format("block: until {}", "blocked_until"))
    kept = marked.with_columns(rest="_rest").drop("_rest")
    return _wholly(kept, hold).drop("blocked", "blocked_until")


def _open_disputes(book: Book, policy: Policy) -> pl.DataFrame:
    until = pl.coalesce("until", pl.col("opened_on") + timedelta(days=policy.dispute_days))
    return book.disputes.with_columns(until=until).filter(
        pl.col("status") == "open", pl.col("opened_on") <= book.as_of, pl.col("until") >= book.as_of
    )


def _nothing_left() -> pl.Expr:
    gone = pl.col("rest") <= 0
    return (
        pl.when(gone & (pl.col("promised") > 0))
        .then(pl.format("promise: open until {}", "promised_until"))
        .when(gone & (pl.col("disputed") > 0))
        .then(pl.format("dispute: open until {}", "disputed_until"))
    )


def _too_small(book: Book, policy: Policy) -> pl.Expr:
    """Balances of one payer in one currency below the policy's minimum, as a hold."""
    own = {code: minor(float(amount), code) for code, amount in policy.minimum_amount.currencies.items()}
    default = minor(float(policy.minimum_amount.default), book.reporting_currency)
    balance = pl.col("rest").sum().over("company_id", "payer_id", "currency")
    in_reporting = balance * pl.col("rate").fill_null(0.0)
    least = pl.col("currency").replace_strict(own, default=None, return_dtype=pl.Int64)
    small = pl.when(least.is_not_null()).then(balance < least).otherwise(in_reporting < default)
    unknown = least.is_null() & pl.col("rate").is_null()
    return pl.when(small & ~unknown).then(pl.lit("below minimum: the balance waits for the next statement"))


def minor(amount: float, currency: str) -> int:
    """Minor units of a policy amount, rounded."""
    units: int = 10 ** minor_digits(currency)
    return round(amount * units)


def _less_unapplied(items: pl.DataFrame, book: Book) -> pl.DataFrame:
    free = book.unapplied_cash().rename({"unapplied_amount": "amount"}).with_columns(until=pl.lit(None, pl.Date))
    started = items.with_columns(unapplied=pl.lit(0, pl.Int64), unapplied_until=pl.lit(None, pl.Date))
    return take_by_account(started, free, "unapplied", within=("currency",)).drop("unapplied_until")


def _stale(book: Book, policy: Policy) -> pl.Expr:
    """Bank data come by legal entity: one whose bank is silent waits, whatever the others' banks tell."""
    newest = pl.col("company_id").replace_strict(dict(book.cash_until), default=None, return_dtype=pl.Date)
    age = (pl.lit(book.as_of) - newest).dt.total_days()
    return (
        pl.when(newest.is_null())
        .then(pl.lit("stale bank data: no cash fact so far"))
        .when(age > policy.bank_data_max_age_days)
        .then(pl.format("stale bank data: newest cash fact is of {}, {} days old", newest, age))
    )

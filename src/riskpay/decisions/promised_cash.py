"""Which cash counts for which promise: what came since it was given, each cent for one promise only."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

import polars as pl

from riskpay.decisions.book import Book
from riskpay.ledger.tables import CUSTOMER_KEY

_NUMBER: Final = ["company_id", "promise_id"]
_TAKES: Final = ("open", "kept", "partly_kept")
_OFFER: Final = (
    *_NUMBER,
    "on_account",
    "promised_for",
    "promised_on",
    "wanted",
    "received_on",
    "row",
    "currency",
    "left",
)


def with_received(promises: pl.DataFrame, book: Book) -> pl.DataFrame:
    """``promises`` with ``received``: cash that counts for each, up to its amount, in minor units; what was returned is out.

    For a promise of a document: what was applied to it. For one of an account: what the customer paid, and what
    its payer and the customers it pays for did, unless that was applied to items of others; of several currencies
    the largest sum. Documents take theirs first, then accounts in order of the days promised for: who promised
    100 twice has to pay 200. A promise of all that was open takes nothing here, its items say whether it was kept.
    """
    schema = {"company_id": pl.String, "promise_id": pl.String, "received": pl.Int64}
    received = pl.DataFrame(list(_taken(_offers(book))), schema=schema, orient="row")
    return promises.join(received, on=_NUMBER, how="left", maintain_order="left").with_columns(
        pl.col("received").fill_null(0)
    )


def _taken(offers: pl.DataFrame) -> Iterator[tuple[str, str, int]]:
    """Each promise with the cash it takes of what those before it left."""
    left: dict[int, int] = {}
    for number, group in groupby(offers.select(_OFFER).iter_rows(), key=itemgetter(0, 1)):
        rows = list(group)
        wanted = rows[0][_OFFER.index("wanted")]
        by_currency: dict[str, list[int]] = defaultdict(list)
        for *_, row, currency, amount in rows:
            left.setdefault(row, amount)
            by_currency[currency].append(row)
        most = max(sorted(by_currency), key=lambda name: sum(left[row] for row in by_currency[name]))
        rest = wanted
        for row in by_currency[most]:
            part = min(rest, left[row])
            left[row] -= part
            rest -= part
        yield (*number, wanted - rest)


def _offers(book: Book) -> pl.DataFrame:
    """Every promise with an amount beside the cash that may count for it, in the order in which they take it."""
    takers = book.promises.filter(pl.col("status").is_in(_TAKES), pl.col("amount").is_not_null()).select(
        *_NUMBER, "customer_id", "invoice_id", "instalment", "promised_on", "promised_for", "status", "known_on",
        wanted="amount", on_account=pl.col("invoice_id").is_null(),
    )  # fmt: skip
    cash = _cash(book)
    # A promise that a person closed took what had come by then, not what comes for the next one.
    in_time = (pl.col("status") == "open") | (pl.col("received_on") <= pl.col("known_on"))
    offers = pl.concat([_to_documents(takers, cash), _to_accounts(takers, cash, book)])
    counts = offers.filter(pl.col("received_on") >= pl.col("promised_on"), in_time)
    return counts.unique([*_NUMBER, "row"], keep="first", maintain_order=True).sort(
        "on_account", "promised_for", "promised_on", *_NUMBER, "received_on", "row"
    )


def _cash(book: Book) -> pl.DataFrame:
    """The cash of a book; ``row`` is one for the same money on its account and on the item it was applied to."""
    cash = book.cash.with_row_index("row").rename({"customer_id": "from_id", "amount": "left"})
    same = ["company_id", "from_id", "piece"]
    whole = cash.filter(pl.col("invoice_id").is_null()).select(*same, account_row="row").unique(same, keep="first")
    return cash.join(whole, on=same, how="left").with_columns(
        row=pl.when(pl.col("invoice_id").is_null()).then("row").otherwise(pl.coalesce("account_row", "row"))
    )


def _to_documents(takers: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    same_part = pl.col("instalment").is_null() | (pl.col("instalment") == pl.col("instalment_right"))
    applied = takers.filter(~pl.col("on_account")).join(cash, on=["company_id", "invoice_id"])
    return applied.filter(same_part).select(*_OFFER, "status", "known_on")


def _to_accounts(takers: pl.DataFrame, cash: pl.DataFrame, book: Book) -> pl.DataFrame:
    paid = cash.filter(pl.col("invoice_id").is_null()).drop("invoice_id", "instalment")
    named = book.accounts()
    sides = [("customer_id", "customer_id"), ("payer_id", "payer_id"), ("payer_id", "customer_id")]
    own = _pairs(named, sides, "for_id").with_columns(_own=pl.lit(value=True))
    offers = (
        takers.filter(pl.col("on_account"))
        .join(_pairs(named, [*sides, ("customer_id", "payer_id")], "from_id"), on=CUSTOMER_KEY)
        .join(paid, on=["company_id", "from_id"])
        .join(own, on=[*CUSTOMER_KEY, "for_id"], how="left")
    )
    by_itself = pl.col("from_id") == pl.col("customer_id")
    counts = by_itself | pl.col("for_id").is_null() | pl.col("_own").is_not_null()
    return offers.filter(counts).select(*_OFFER, "status", "known_on")


def _pairs(named: pl.DataFrame, sides: list[tuple[str, str]], name: str) -> pl.DataFrame:
    """company_id, customer_id and who else counts for that account, as ``name``."""
    return pl.concat(
        [
            named.select("company_id", pl.col(side).alias("customer_id"), pl.col(other).alias(name))
            for side, other in sides
        ]
    ).unique()

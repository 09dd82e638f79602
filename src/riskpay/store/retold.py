"""Payments and allocations that a later load tells otherwise: taken back as they were known, entered anew. Pure.

What was known stays: the payment is reversed from the load on, and comes again under its number with ``~v2`` (then
``~v3``), its allocations with it. A question asked as of an earlier day gets the answer that it got then. Loads go on
to name the payment by its own number; here that means the newest one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from riskpay.ledger.tables import ALLOCATIONS, PAYMENT_REVERSALS, PAYMENTS, TOLD_OTHERWISE
from riskpay.ledger.tellings import again_id, base_id, own_reversal, telling

PAYMENT_CONTENT = ("customer_id", "value_date", "amount", "currency")
"""What makes two rows of one payment the same; the day they became known is no content."""
ALLOCATION_CONTENT = ("invoice_id", "instalment", "amount", "allocated_on")
"""What makes two rows of one allocation of one payment the same."""

_PAYMENT = ["company_id", "payment_id"]
_PART = ["company_id", "allocation_id"]


@dataclass(frozen=True)
class Retold:
    """Rows to add to payments, allocations and reversals, and how many incoming rows told something otherwise.

    ``again`` are rows that had to be entered anew without news of their own; ``reversals`` holds those of the load
    under the payments' newest numbers, ``own`` those that the changes need.
    """

    payments: pl.DataFrame
    allocations: pl.DataFrame
    reversals: pl.DataFrame
    own: pl.DataFrame
    changed_payments: int
    changed_allocations: int
    again: dict[str, int]


def retold(old: Mapping[str, pl.DataFrame], new: Mapping[str, pl.DataFrame], loaded_on: date) -> Retold:
    """What a load on a day brings of payments, allocations and reversals; both sides by table name, conformed."""
    told = {table.name: new.get(table.name, table.empty()) for table in (PAYMENTS, ALLOCATIONS, PAYMENT_REVERSALS)}
    times = _times_told(old["payment_reversals"])
    payments = _newest(told["payments"], "payment_id", times)
    before = old["payments"].select("company_id", *_prefixed(PAYMENT_CONTENT), _now="payment_id")
    fallen = old["payment_reversals"].select("company_id", _now="payment_id", _fallen=pl.lit(True)).unique()
    paired = payments.join(before, on=["company_id", "_now"], how="left").join(
        fallen, on=["company_id", "_now"], how="left"
    )
    there = pl.col("_before_amount").is_not_null()
    # Of a payment that came back nothing stands any more: telling it otherwise changes nothing.
    changed = paired.filter(there & _differs(PAYMENT_CONTENT) & pl.col("_fallen").is_null())
    parts = _parts(told["allocations"], old["allocations"], fallen, times)
    moved = parts.moved.select("company_id", "known_on", _now="_from")
    crowded = _crowded(payments, changed, parts, old["payments"])
    news = pl.concat([f.select("company_id", "known_on", "_now") for f in (changed, parts.changed, moved, crowded)])
    redone = _next(_since(news, old["payments"], loaded_on), times)
    kept = old["payments"].rename({"payment_id": "_now"}).join(changed, on=["company_id", "_now"], how="anti")
    anew = pl.concat([changed.select(kept.columns), kept]).join(redone, on=["company_id", "_now"])
    # What was taken back and comes again is known from the load that brings it, not from its own day.
    comes_again = pl.when(telling("_now") > 1).then(pl.max_horizontal(pl.lit(loaded_on), "_taken_back"))
    added = paired.filter(~there).with_columns(payment_id="_now", known_on=pl.max_horizontal("known_on", comes_again))
    stays = parts.untold.join(crowded, on=["company_id", "_now"], how="semi").select(_PART)
    allocations, copied = _entered(
        parts,
        redone,
        old["allocations"].join(stays, left_on=["company_id", base_id("allocation_id")], right_on=_PART, how="anti"),
        times,
        loaded_on,
    )
    own = redone.select("company_id", payment_id="_now", reversed_on="since", known_on="since")
    return Retold(
        payments=pl.concat(
            [
                added.select(PAYMENTS.names),
                anew.with_columns(payment_id="_next", known_on="since").select(PAYMENTS.names),
            ]
        ),
        allocations=allocations,
        reversals=_renamed(told["payment_reversals"], "payment_id", times, redone),
        own=PAYMENT_REVERSALS.conform(own.with_columns(reason=pl.lit(TOLD_OTHERWISE))),
        changed_payments=changed.height,
        changed_allocations=parts.changed.height + parts.moved.height,
        again={"payments": anew.height - changed.height, "allocations": copied},
    )


@dataclass(frozen=True)
class _Parts:
    """Incoming allocations that are not there word for word: added, changed in place, or moved from a payment.

    ``told`` are all of the load that draw on payments, ``untold`` those that stand and that it does not name.
    """

    added: pl.DataFrame
    changed: pl.DataFrame
    moved: pl.DataFrame
    told: pl.DataFrame
    untold: pl.DataFrame


def _parts(told: pl.DataFrame, old: pl.DataFrame, fallen: pl.DataFrame, times: pl.DataFrame) -> _Parts:
    known = old.with_columns(_base=base_id("allocation_id"))
    of_note = pl.col("source_type") == "credit_note"
    # An allocation of a credit note cannot be taken back on its own: the first telling counts.
    fixed = known.filter(of_note).select("company_id", allocation_id="_base").unique()
    seen = known.select("company_id", allocation_id="_base").unique()
    notes = told.filter(of_note).join(seen, on=_PART, how="anti")
    cash = _newest(told.filter(~of_note).join(fixed, on=_PART, how="anti"), "source_id", times)
    standing = known.filter(~of_note)
    before = standing.select("company_id", *_prefixed(ALLOCATION_CONTENT), allocation_id="_base", _now="source_id")
    paired = cash.join(before, on=[*_PART, "_now"], how="left").join(fallen, on=["company_id", "_now"], how="left")
    there = pl.col("_before_amount").is_not_null()
    elsewhere = standing.join(fallen, left_on=["company_id", "source_id"], right_on=["company_id", "_now"], how="anti")
    origin = elsewhere.select("company_id", allocation_id="_base", _from="source_id")
    new = paired.filter(~there).join(origin, on=_PART, how="left")
    changed = paired.filter(there & _differs(ALLOCATION_CONTENT) & pl.col("_fallen").is_null())
    came = pl.col("_from").is_not_null()
    named = notes.with_columns(_now="source_id")
    columns = [*ALLOCATIONS.names, "_now"]
    return _Parts(
        added=pl.concat([named.select(columns), new.filter(~came).select(columns)]),
        changed=changed.select(columns),
        moved=new.filter(came).select(*columns, "_from"),
        told=cash.select(columns),
        untold=elsewhere.with_columns(allocation_id="_base", _now="source_id")
        .join(cash, on=_PART, how="anti")
        .select(columns),
    )


def _crowded(payments: pl.DataFrame, changed: pl.DataFrame, parts: _Parts, old: pl.DataFrame) -> pl.DataFrame:
    """Payments that the load touches and that have less than stands on them: company_id, ``_now``, known_on.

    Nobody can say what an allocation that the load does not name is worth then: none of those goes along, and the money
    is unapplied until it is told again.
    """
    at = ["company_id", "_now"]
    has = pl.concat(
        [payments.select(*at, "amount"), old.select("company_id", "amount", _now="payment_id").select(*at, "amount")]
    ).unique(at, keep="first", maintain_order=True)
    touched = pl.concat([f.select(at) for f in (changed, parts.added, parts.changed, parts.moved)]).unique()
    applied = pl.concat([parts.told, parts.untold]).group_by(at).agg(_applied=pl.col("amount").sum())
    over = applied.join(has, on=at).filter(pl.col("_applied") > pl.col("amount"))
    known = old.select("company_id", "known_on", _now="payment_id")
    return known.join(over, on=at, how="semi").join(touched, on=at, how="semi").join(parts.untold, on=at, how="semi")


def _entered(
    parts: _Parts, redone: pl.DataFrame, old: pl.DataFrame, times: pl.DataFrame, loaded_on: date
) -> tuple[pl.DataFrame, int]:
    """Allocations to add, and how many of them go with a payment that is entered anew."""
    at = ["company_id", "_now"]
    named = pl.concat([f.select(_PART) for f in (parts.changed, parts.moved)])
    go_along = (
        old.filter(source_type="payment")
        .with_columns(allocation_id=base_id("allocation_id"), _now="source_id")
        .join(named, on=_PART, how="anti")
        .join(redone, on=at)
        .with_columns(known_on="since")
    )
    changed = parts.changed.join(redone, on=at).with_columns(known_on="since")
    # Not before the payment that it leaves falls, or the money would count on both items.
    left = redone.select("company_id", "since", _from="_now")
    moved = (
        parts.moved.join(left, on=["company_id", "_from"])
        .with_columns(known_on=pl.max_horizontal("known_on", "since"))
        .drop("_from", "since")
    )
    of_cash = pl.col("source_type") == "payment"
    fell = times.select("company_id", "_taken_back", _now=again_id("_base", pl.col("_n")))
    others = (
        pl.concat([parts.added, moved])
        .join(redone, on=at, how="left")
        .with_columns(_next=pl.when(of_cash).then("_next"))
        .with_columns(_at=pl.coalesce("_next", "_now"))
        .join(fell, on=["company_id", "_now"], how="left")
        .with_columns(_later=pl.max_horizontal(pl.lit(loaded_on), "since", "_taken_back"))
        .with_columns(known_on=pl.max_horizontal("known_on", pl.when(of_cash & (telling("_at") > 1)).then("_later")))
    )
    rows = pl.concat([go_along, changed, others.select(changed.columns)]).with_columns(
        source_id=pl.coalesce("_next", "_now")
    )
    # No telling of an allocation holds before the one that it replaces is known.
    tellings = old.group_by("company_id", allocation_id=base_id("allocation_id")).agg(
        _n=pl.len() + 1, _known=pl.col("known_on").max()
    )
    numbered = rows.join(tellings, on=_PART, how="left").with_columns(
        allocation_id=again_id("allocation_id", pl.col("_n")), known_on=pl.max_horizontal("known_on", "_known")
    )
    return numbered.select(ALLOCATIONS.names), go_along.height


def _since(news: pl.DataFrame, old: pl.DataFrame, loaded_on: date) -> pl.DataFrame:
    """Payments with news, and since when their new telling holds.

    Never before the telling that it replaces is known: that one's own predecessor stands until then.
    """
    before = old.select("company_id", _now="payment_id", _known="known_on")
    newest = news.group_by("company_id", "_now").agg(pl.col("known_on").max())
    return newest.join(before, on=["company_id", "_now"], how="left").select(
        "company_id", "_now", since=pl.max_horizontal("known_on", "_known", pl.lit(loaded_on))
    )


def _times_told(reversals: pl.DataFrame) -> pl.DataFrame:
    """Of payments that riskpay took back itself: company_id, ``_base``, ``_n`` (the number of the newest telling).

    ``_taken_back`` is the day from which the last telling before that one is known to have fallen.
    """
    own = reversals.filter(own_reversal())
    by_number = own.group_by("company_id", _base=base_id("payment_id"))
    return by_number.agg(_n=pl.len() + 1, _taken_back=pl.col("known_on").max())


def _newest(told: pl.DataFrame, column: str, times: pl.DataFrame) -> pl.DataFrame:
    """``told`` with ``_now``: the newest number of the payment in ``column``."""
    joined = told.join(times, left_on=["company_id", column], right_on=["company_id", "_base"], how="left")
    return joined.with_columns(_now=again_id(column, pl.col("_n"))).drop("_n")


def _next(redone: pl.DataFrame, times: pl.DataFrame) -> pl.DataFrame:
    """``redone`` with ``_next``: the number under which each payment comes again."""
    joined = redone.with_columns(_base=base_id("_now")).join(
        times.drop("_taken_back"), on=["company_id", "_base"], how="left"
    )
    return joined.with_columns(_next=again_id("_base", pl.col("_n").fill_null(1) + 1)).drop("_base", "_n")


def _renamed(told: pl.DataFrame, column: str, times: pl.DataFrame, redone: pl.DataFrame) -> pl.DataFrame:
    joined = _newest(told, column, times).join(redone, on=["company_id", "_now"], how="left")
    return joined.with_columns(pl.coalesce("_next", "_now").alias(column)).select(told.columns)


def _prefixed(content: tuple[str, ...]) -> list[pl.Expr]:
    return [pl.col(name).alias(f"_before_{name}") for name in content]


def _differs(content: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"_before_{name}")) for name in content)

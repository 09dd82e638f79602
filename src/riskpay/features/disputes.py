"""Disputes and promises as dated rows: what of an item is contested or promised, and what its customer did so far.

Off by default (``FeatureSettings.disputes``). The last known row of a dispute or promise counts, so each row holds from
the day it became known to the day the next one did. Spans of such days add up (``timeline``): of an item, of a customer, of
everybody. ``reference_disputes`` says the same slowly and obviously.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Self

import polars as pl

from riskpay.dates import Cut
from riskpay.features.catalogue import OPTIONAL, FeatureSettings
from riskpay.features.figures import shrunk
from riskpay.features.item_history import ItemHistory
from riskpay.features.open_dates import OpenDates
from riskpay.features.timeline import Layer, Timeline, changes, day_of, moment
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import begins_item
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

ENDED: Final = ("kept", "partly_kept", "broken")
"""What a person marks a promise as when its day is past; a withdrawn one is neither kept nor broken."""

_EVERYBODY: Final = pl.lit(0)
_CONTESTED: Final = ("open", "whole", "contested")
_ITEMS: Final = ("items", "disputed")
_PROMISES: Final = ("ended", "broken")


@dataclass(frozen=True)
class DisputeFacts:
    """Disputes and promises, ready to be asked with one cut.

    ``contested``: open disputes by item: their number, of how many all that is open is contested, and the amounts (minor
    units) of the others. ``still_open``: number of open disputes by customer. ``raised``: days on which a customer raised one.
    ``items``, ``promises``: by customer, items and those of them ever disputed, promises ended and broken; ``all_...`` of
    all customers. ``promised``: the last day that open promises name, by item; ``account_promised``: by customer.
    """

    contested: Timeline
    still_open: Timeline
    raised: Layer
    items: Timeline
    promises: Timeline
    all_items: Timeline
    all_promises: Timeline
    promised: OpenDates
    account_promised: OpenDates

    @classmethod
    def of(cls, history: ItemHistory, events: Ledger, everybody: pl.DataFrame, cut: Cut) -> Self:
        """From the tables of events, whole even where ``history`` is that of a part; ``everybody``: all ``items_by_day``."""
        disputes, promises = _open_disputes(events, cut), _open_promises(events, cut)
        ended = _lasting(events.promises, "promise_id").filter(pl.col("status").is_in(ENDED))
        told = changes(
            ended.with_columns(ended=pl.lit(1), broken=(pl.col("status") == "broken").cast(pl.Int32)), _PROMISES
        )
        account = pl.col("invoice_id").is_null()
        customers = history.customers
        return cls(
            contested=Timeline.of(changes(_of_items(disputes, history), _CONTESTED), "item", _CONTESTED),
            still_open=Timeline.of(_of_customers(changes(disputes, ("open",)), customers), "customer", ("open",)),
            raised=Layer.of(_of_customers(_raised(events), customers), "customer", (), "day"),
            items=Timeline.of(_ever_disputed(history, events).filter(pl.col("customer") >= 0), "customer", _ITEMS),
            promises=Timeline.of(_of_customers(told, customers), "customer", _PROMISES),
            all_items=Timeline.of(everybody, _EVERYBODY, _ITEMS),
            all_promises=Timeline.of(told, _EVERYBODY, _PROMISES),
            promised=OpenDates.of(_of_items(promises.filter(~account), history), "item", "promised_for", "latest"),
            account_promised=OpenDates.of(
                _of_customers(promises.filter(account), customers), "customer", "promised_for", "latest"
            ),
        )

    def of_new(self) -> Self:
        """The same facts, to be asked about items that stand in no ledger: nothing was said of any of them."""
        none = pl.DataFrame(schema={"item": pl.UInt32, "first": pl.Date, "end": pl.Date, "promised_for": pl.Date})
        nothing = none.with_columns(pl.lit(0).alias(name) for name in _CONTESTED).with_columns(day="first")
        return replace(
            self,
            contested=Timeline.of(nothing, "item", _CONTESTED),
            promised=OpenDates.of(none, "item", "promised_for", "latest"),
        )

    def at(self, asked: pl.DataFrame, prior_weight: float) -> pl.DataFrame:
        """The family's features of questions (item, customer, as_of, last_day, amount), in order, Float64."""
        of_item, of_customer, of_all = (
            asked.select(moment(group, "last_day")).to_series() for group in ("item", "customer", _EVERYBODY)
        )
        promised = pl.DataFrame({"own": self.promised.at(of_item), "account": self.account_promised.at(of_customer)})
        sums = [
            asked.select("as_of", "last_day", "amount"),
            promised.select(promised_for=pl.max_horizontal("own", "account")),
            self.contested.whole(of_item, _CONTESTED, "item_"),
            self.still_open.whole(of_customer, ("open",)),
            self.items.whole(of_customer, _ITEMS),
            self.promises.whole(of_customer, _PROMISES),
            self.all_items.whole(of_all, _ITEMS, "all_"),
            self.all_promises.whole(of_all, _PROMISES, "all_"),
            pl.DataFrame({"raised_on": day_of(self.raised.moments.gather(self.raised.row(of_customer)))}),
        ]
        return pl.concat(sums, how="horizontal").select(_figures(prior_weight))


def facts_of(history: ItemHistory, ledger: Ledger, settings: FeatureSettings, cut: Cut) -> DisputeFacts | None:
    """The facts of a whole ledger; None where the family is off."""
    if not settings.disputes:
        return None
    return DisputeFacts.of(history, ledger, items_by_day(history, ledger), cut)


def with_disputes(found: pl.DataFrame, asked: pl.DataFrame, known: DisputeFacts | None, weight: float) -> pl.DataFrame:
    """Features ``found`` for the questions ``asked``, and the family's beside them unless it is off."""
    return found if known is None else found.hstack(known.at(asked, weight))


def items_by_day(history: ItemHistory, events: Ledger) -> pl.DataFrame:
    """Items of a part's own customers and those ever disputed, added up by the day that became known."""
    own = _ever_disputed(history, events).filter(pl.col("customer") >= 0)
    return added([own.drop("customer")])


def added(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """``items_by_day`` of all parts."""
    return pl.concat(parts).group_by("day").agg(pl.col(_ITEMS).sum()).sort("day")


def _figures(weight: float) -> list[pl.Expr]:
    share = {name: pl.when(pl.col(f"all_{n}") > 0).then(pl.col(f"all_{name}") / pl.col(f"all_{n}")) for name, n in _OF}
    contested = pl.col("item_contested") / pl.col("amount")
    whole = (pl.col("item_whole") > 0) | (contested >= 1.0)
    found = {
        "dispute_open": pl.col("item_open") > 0,
        "disputed_share": pl.when(whole).then(1.0).otherwise(contested),
        "open_dispute_count": pl.col("open"),
        "customer_disputed_share": shrunk("disputed", "items", share["disputed"], weight),
        "days_since_dispute": (pl.col("last_day") - pl.col("raised_on")).dt.total_days(),
        "promise_open": pl.col("promised_for").is_not_null(),
        "days_to_promise": (pl.col("promised_for") - pl.col("as_of")).dt.total_days(),
        "broken_promise_share": shrunk("broken", "ended", share["broken"], weight),
        "broken_promise_count": pl.col("broken"),
    }
    return [found[feature.name].cast(pl.Float64).alias(feature.name) for feature in OPTIONAL]


_OF: Final = (("disputed", "items"), ("broken", "ended"))
"""Shares: of what, among what."""


def _lasting(rows: pl.DataFrame, number: str) -> pl.DataFrame:
    """Rows of disputes or promises with ``first`` and ``end``, the days from and to which each is the last known one.

    ``end`` is null while there is no later row. ``before``: the status of the row before it, null for the first.
    """
    ordered = rows.sort("company_id", number, "known_on")
    thing = pl.struct("company_id", number)
    follows = (thing == thing.shift(1)).fill_null(value=False)
    return ordered.with_columns(
        first="known_on",
        end=pl.when(follows.shift(-1)).then(pl.col("known_on").shift(-1)),
        before=pl.when(follows).then(pl.col("status").shift(1)),
    )


def _open_disputes(events: Ledger, cut: Cut) -> pl.DataFrame:
    lasting = _lasting(events.disputes, "dispute_id").filter(status="open")
    whole = pl.col("amount").is_null()
    held = lasting.with_columns(
        first=pl.max_horizontal("first", _seen_from("opened_on", cut)),
        end=pl.min_horizontal("end", _seen_from(pl.col("until") + pl.duration(days=1), cut)),
        open=pl.lit(1),
        whole=whole.cast(pl.Int32),
        contested=pl.col("amount").fill_null(0),
    )
    return _not_empty(held)


def _open_promises(events: Ledger, cut: Cut) -> pl.DataFrame:
    lasting = _lasting(events.promises, "promise_id").filter(status="open")
    return _not_empty(lasting.with_columns(first=pl.max_horizontal("first", _seen_from("promised_on", cut))))


def _seen_from(day: pl.Expr | str, cut: Cut) -> pl.Expr:
    """The last fact day of a question as of ``day``: spans of as_of become spans of fact days."""
    found = pl.col(day) if isinstance(day, str) else day
    return found - pl.duration(days=1) if cut == "start" else found


def _not_empty(spans: pl.DataFrame) -> pl.DataFrame:
    return spans.filter(pl.col("end").is_null() | (pl.col("first") < pl.col("end")))


def _of_items(rows: pl.DataFrame, history: ItemHistory) -> pl.DataFrame:
    """Rows about documents, a row for each ``item`` they are about: one instalment, or all of them."""
    single = pl.col("instalment").is_not_null()
    named = rows.filter(single).join(history.items, on=list(ITEM_KEY))
    every = rows.filter(~single).join(history.items.drop("instalment"), on=["company_id", "invoice_id"])
    return pl.concat([part.drop(ITEM_KEY) for part in (named, every)])


def _of_customers(rows: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Rows of customers that have a number, with ``customer``."""
    return rows.join(customers, on=list(CUSTOMER_KEY))


def _raised(events: Ledger) -> pl.DataFrame:
    """Rows with which a dispute became known or was opened again, with their ``day``."""
    again = (pl.col("status") == "open") & (pl.col("before") != "open")
    lasting = _lasting(events.disputes, "dispute_id").with_columns(day="known_on")
    return lasting.filter(pl.col("before").is_null() | again)


def _ever_disputed(history: ItemHistory, events: Ledger) -> pl.DataFrame:
    """Rows that add up to the items first issued to a customer and those ever disputed: customer, day, items, disputed.

    What was disputed before its document was known counts from the document's day.
    """
    made = history.versions.filter(begins_item()).select("item", "customer", day="made")
    told = _of_items(events.disputes, history).group_by("item").agg(pl.col("known_on").min())
    disputed = told.join(made, on="item").with_columns(day=pl.max_horizontal("day", "known_on"))
    one, none = pl.lit(1, pl.Int64), pl.lit(0, pl.Int64)
    return pl.concat(
        [
            made.select("customer", "day", items=one, disputed=none),
            disputed.select("customer", "day", items=none, disputed=one),
        ]
    )

"""Facts gathered once and kept, to which a day's later facts are added without gathering them again.

Every figure comes from sums over dated rows, and sums of exact numbers add up. So an item of which something new is known
has its rows as they were taken out (as negative ones) and its rows as they are put in: another layer of each timeline, as
large as what is new. Only the oldest open due date does not add up: it is made anew for the customers of such items.
The answers are those of a ledger gathered anew, to the last bit.

Cost, for n facts gathered and c changed items: c log n to find the rows of the items, what ``histories.gather`` takes for
them, and a pass over the open spells of their customers. Where a payment comes back, a customer moves or a rate comes, one
pass over a column or two of all n as well. It grows with all that is new since the facts were gathered: when that is a
twentieth of them, it is time to gather them again.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from riskpay.dates import Cut
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import QUESTION_KEY, Facts, answer_numbers, documents_of, gather
from riskpay.features.item_history import ItemHistory, item_history
from riskpay.features.lines import Lines, by_day
from riskpay.features.open_book import open_spells
from riskpay.features.parts import answered_by_key, questions_of
from riskpay.features.settlements import SUMS, settlements
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import document_versions, is_cancelled_note, returns
from riskpay.ledger.tables import CUSTOMER_KEY, INVOICES, ITEM_KEY

_ITEM, _CUSTOMER = list(ITEM_KEY), list(CUSTOMER_KEY)
_SOURCE = ["company_id", "source_type", "source_id"]
_SAME = ["customer", "value"]
_NO_ITEM: Final = -1


@dataclass(frozen=True)
class Standing:
    """Facts of a ledger, and its rows in such order that those of a few items are found without reading the rest.

    ``documents``, ``allocations``, ``write_offs``: rows of those tables about items, with ``item``, in order of it; -1
    where the item's document has not come yet.
    ``spells``: ``open_spells`` in order of customer. ``notes``: cancelled credit notes. The other tables are the ledger's.
    """

    facts: Facts
    documents: pl.DataFrame
    allocations: pl.DataFrame
    write_offs: pl.DataFrame
    spells: pl.DataFrame
    notes: pl.DataFrame
    payment_reversals: pl.DataFrame
    customers: pl.DataFrame
    companies: pl.DataFrame
    fx_rates: pl.DataFrame

    @classmethod
    def of(cls, ledger: Ledger, settings: FeatureSettings, cut: Cut) -> "Standing":
        """All facts of a ledger, as ``histories.gather``."""
        facts = gather(ledger, settings, cut)
        items = replace(facts.items, amounts=facts.items.amounts.sort("customer", "value"))
        return cls(
            facts=replace(facts, items=items),
            documents=document_versions(ledger)
            .with_columns(document_type=pl.lit("invoice"))
            .select("item", *INVOICES.names),
            allocations=_by_item(ledger.allocations, items),
            write_offs=_by_item(ledger.write_offs, items),
            spells=open_spells(items).sort("customer", maintain_order=True),
            notes=ledger.invoices.filter(is_cancelled_note()),
            payment_reversals=ledger.payment_reversals,
            customers=ledger.customers,
            companies=ledger.companies,
            fx_rates=ledger.fx_rates,
        )

    def later(self, added: Ledger, removed: Ledger, at_most: int | None = None) -> "Later | None":
        """The facts with ``added`` rows and without ``removed`` ones; None where they are to be gathered anew.

        That is so where a company changed, whose country and currency concern every item; with disputes, whose timelines
        have no layers; and where more than ``at_most`` items are touched. Payments and events are not looked at.
        """
        if added.companies.height or removed.companies.height or self.facts.disputes:
            return None
        touched = self._touched(added, removed)
        if at_most is not None and touched.len() > at_most:
            return None
        changed = self._ledger_of(touched.cast(pl.Int64).extend(pl.Series([_NO_ITEM])).sort(), added, removed)
        facts, items = self.facts, self._history(changed)
        old = replace(facts.items, states=facts.items.states[_rows(facts.items.states["item"], touched)])
        grace = facts.settings.grace_days
        settled = _taken_out(settlements(items, grace), settlements(old, grace))
        spells = pl.concat([open_spells(items), open_spells(old, -1)])
        documents = pl.concat([documents_of(items), documents_of(_only(facts.items, touched), -1)])
        lines = Lines.of(settled, by_day(settled), spells, documents, facts.settings, facts.cut)
        customers = spells["customer"].unique().sort()
        standing = self.spells[_rows(self.spells["customer"], customers)]
        spells_now = pl.concat(
            [standing.filter(~pl.col("item").is_in(touched.implode())), spells.filter(pl.col("sign") > 0)]
        )
        known = replace(facts, lines=facts.lines.plus(lines), oldest=facts.oldest.with_anew(customers, spells_now))
        return Later(known, replace(known, items=items), touched)

    def _touched(self, added: Ledger, removed: Ledger) -> pl.Series:
        """Numbers of items of which something was added or removed, in order."""
        tables = [
            side.frames()[name] for side in (added, removed) for name in ("invoices", "allocations", "write_offs")
        ]
        keys = pl.concat(table.select(_ITEM) for table in tables).unique()
        numbers = [_numbers(self.facts.items.items, keys)]
        fallen = pl.concat([returns(added), returns(removed)])
        if fallen.height:
            of_sources = self.allocations.lazy().filter(pl.col("source_id").is_in(fallen["source_id"].implode()))
            numbers.append(
                of_sources.join(fallen.lazy(), on=_SOURCE, how="semi")
                .filter(pl.col("item") >= 0)
                .collect()["item"]
                .cast(pl.UInt32)
            )
        moved = self._moved(added, removed)
        if moved.height:
            theirs = self.documents.lazy().join(moved.lazy(), on=_CUSTOMER, how="semi")
            numbers.append(theirs.collect()["item"])
        numbers.append(self._rated(pl.concat([added.fx_rates, removed.fx_rates])))
        return pl.concat(numbers).unique().sort()

    def _rated(self, rates: pl.DataFrame) -> pl.Series:
        """Items whose value may hang on rates: a rate counts from its day on until the next, for either direction."""
        home = self.companies.select("company_id", home="currency")
        pairs = pl.concat(
            [
                rates.select("currency", home="quote_currency"),
                rates.select(currency="quote_currency", home="currency"),
            ]
        )
        foreign = home.join(pairs.filter(pl.col("currency") != pl.col("home")), on="home").unique()
        if foreign.is_empty():
            return self.documents["item"].clear()
        day = self.facts.items.versions.select(pl.min_horizontal("issue_date", "made")).to_series()
        since = self.documents.lazy().select("item", "company_id", "currency").filter(day >= rates["rate_date"].min())
        return since.join(foreign.lazy(), on=["company_id", "currency"], how="semi").collect()["item"]

    def _moved(self, added: Ledger, removed: Ledger) -> pl.DataFrame:
        """Customers whose country may be another than it was."""
        dated = pl.col("valid_from").is_not_null()
        changed = pl.concat([added.customers, removed.customers]).filter(dated)
        told = pl.concat([self.customers, added.customers]).filter(dated, pl.col("country").is_not_null())
        return changed.select(_CUSTOMER).join(told, on=_CUSTOMER, how="semi")

    def _ledger_of(self, touched: pl.Series, added: Ledger, removed: Ledger) -> Ledger:
        """Everything about the touched items as it is now."""

        def now(rows: pl.DataFrame, name: str) -> pl.DataFrame:
            old = rows[_rows(rows["item"], touched)].drop("item") if "item" in rows.columns else rows
            gone, new = removed.frames()[name], added.frames()[name]
            kept = old.join(gone, on=old.columns, how="anti", nulls_equal=True) if gone.height else old
            return pl.concat([kept, new])

        notes = self.notes.join(removed.invoices, on=INVOICES.names, how="anti", nulls_equal=True)
        return Ledger.of(
            {
                "invoices": pl.concat([now(self.documents, "invoices"), notes]),
                "allocations": now(self.allocations, "allocations"),
                "write_offs": now(self.write_offs, "write_offs"),
                "payment_reversals": now(self.payment_reversals, "payment_reversals"),
                "fx_rates": now(self.fx_rates, "fx_rates"),
                "customers": now(self.customers, "customers"),
                "companies": self.companies,
            }
        )

    def _history(self, changed: Ledger) -> ItemHistory:
        """Touched items, with numbers of their own; customers and amounts go on from the numbers that there are."""
        before = self.facts.items
        theirs = changed.invoices.filter(document_type="invoice").select(_CUSTOMER).unique()
        new = theirs.join(before.customers, on=_CUSTOMER, how="anti").sort(_CUSTOMER)
        customers = pl.concat([before.customers, _numbered(new, "customer", before.customers)])
        # Which amounts are the same is not for this ledger alone to say.
        items = item_history(changed, self.facts.settings, customers, amounts=before.amounts.clear())
        values = items.versions.select(_SAME).unique().sort(_SAME)
        found = before.amounts[_rows(before.amounts["customer"], values["customer"].unique().sort())]
        known = found.join(values, on=_SAME, how="semi")
        new_ones = _numbered(values.join(known, on=_SAME, how="anti"), "same_amount", before.amounts)
        same = items.versions.select(_SAME).join(
            pl.concat([known, new_ones]), on=_SAME, how="left", maintain_order="left"
        )
        versions = items.versions.with_columns(same["same_amount"].cast(pl.Int64))
        return replace(items, versions=versions, amounts=pl.concat([before.amounts, new_ones]))


@dataclass(frozen=True)
class Later:
    """``known``: facts up to now, asked about items of which nothing changed; ``changed``: the same, about the others,
    which are the ``touched`` numbers of the first and new ones.
    """

    known: Facts
    changed: Facts
    touched: pl.Series

    def features(self, questions: pl.DataFrame) -> pl.DataFrame:
        """As ``histories.answer``."""
        asked = questions.select(QUESTION_KEY).with_row_index("row")
        new = asked.join(self.changed.items.items, on=_ITEM, how="left", maintain_order="left")
        before = asked.join(self.known.items.items, on=_ITEM, how="left", maintain_order="left")
        # An item that something was taken from and that did not come again is there no longer.
        gone = pl.col("item").is_in(self.touched.implode())
        before = before.with_columns(item=pl.when(~gone).then("item")).filter(new["item"].is_null())
        parts = ((self.changed, new.filter(pl.col("item").is_not_null())), (self.known, before))
        found = [
            pl.concat([part, answer_numbers(facts, part.select("item", "as_of"))], how="horizontal")
            for facts, part in parts
        ]
        return pl.concat(found).sort("row").drop("row", "item")

    def of_new(self, ledger: Ledger) -> Facts:
        """As ``Facts.of_new``."""
        return self.changed.of_new(ledger)

    def open_features(self, day: date) -> pl.DataFrame:
        """Key and features of every item open by the end of a day, in no order that matters."""
        standing = questions_of(self.known.items, day).filter(~pl.col("item").is_in(self.touched.implode()))
        changed = questions_of(self.changed.items, day)
        parts = ((self.known, standing), (self.changed, changed))
        return pl.concat(answered_by_key(facts, asked) for facts, asked in parts)


def _by_item(rows: pl.DataFrame, items: ItemHistory) -> pl.DataFrame:
    return (
        rows.join(items.items, on=_ITEM, how="left")
        .with_columns(pl.col("item").cast(pl.Int64).fill_null(_NO_ITEM))
        .sort("item")
    )


def _only(history: ItemHistory, items: pl.Series) -> ItemHistory:
    return replace(history, versions=history.versions[_rows(history.versions["item"], items)])


def _numbered(rows: pl.DataFrame, name: str, after: pl.DataFrame) -> pl.DataFrame:
    """Rows with numbers that go on from those of ``after``."""
    number = pl.int_range(pl.len()) + after.height
    return rows.with_columns(number.cast(after.schema[name]).alias(name)).select(after.columns)


def _taken_out(settled: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Settlements as they are, and those as they were, to be taken out."""
    return pl.concat([settled, old.with_columns(-pl.col(SUMS))])


def _rows(ordered: pl.Series, wanted: pl.Series) -> pl.Series:
    """The rows of an ordered column that hold one of the ``wanted`` numbers, themselves in order."""
    # Numbers of another type would have the whole column copied.
    column, numbers = ordered.to_numpy(), wanted.cast(ordered.dtype, strict=False).drop_nulls().to_numpy()
    first, last = (np.searchsorted(column, numbers, side=side) for side in ("left", "right"))
    counts = last - first
    starts = np.cumsum(counts) - counts
    return pl.Series(np.arange(counts.sum()) + np.repeat(first - starts, counts), dtype=pl.UInt32)


def _numbers(items: pl.DataFrame, keys: pl.DataFrame) -> pl.Series:
    """Numbers of the items with these keys; those that are not there are left out. ``items`` are in order of key."""
    found = []
    for (company,), theirs in keys.partition_by("company_id", as_dict=True).items():
        first, last = (items["company_id"].search_sorted(company, side=side) for side in ("left", "right"))
        slice_ = items.slice(first, last - first)
        ids = theirs["invoice_id"].unique()
        rows = (
            pl.DataFrame({side: slice_["invoice_id"].search_sorted(ids, side=side) for side in ("left", "right")})
            .select(row=pl.int_ranges("left", "right"))
            .explode("row")["row"]
            .drop_nulls()
        )
        found.append(slice_[rows].join(theirs, on=_ITEM, how="semi")["item"])
    return pl.concat([items["item"].clear(), *found])

"""The fast features against the slow and obvious ones, on hostile little ledgers and on a slice of a real one.

More examples: HYPOTHESIS_PROFILE=thorough.
"""

import os
from datetime import date, timedelta
from math import isclose, isnan
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
from riskpay.features.disputes import DisputeFacts, items_by_day
from riskpay.features.disputes import added as items_added
from riskpay.features.histories import QUESTION_KEY, features
from riskpay.features.leakage import check
from riskpay.features.parts import added, history_of, part_features, portfolio_of
from riskpay.features.reference import reference
from riskpay.features.standing import Standing
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import items
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY
from riskpay.sources.intake import read_source
from riskpay.sources.mapping import load_mapping
from riskpay.store.frames import read_frames, write_frames

SHARED = Path(os.environ.get("RISKPAY_SHARED", Path(__file__).parents[2].parent / "shared"))

AS_OF = date(2024, 9, 3)
"""The day after a bank holiday, with a weekend before it."""
EDGES = tuple(edge + off for edge in (0, 30, 90, 180, 365) for off in (-1, 0, 1))
"""Days before AS_OF around which facts become known: the windows' edges, for both cuts."""

MONTH_ENDS = (4, 34)
"""Days before AS_OF that are the last business day of a month."""

FAR = (19_966, 6_000, -27_500)
"""Days before AS_OF that lie in 1970, 2008 and 2099."""

days_ago = st.one_of(
    st.sampled_from(EDGES), st.sampled_from(MONTH_ENDS), st.integers(-3, 40), st.integers(-3, 40), st.sampled_from(FAR)
)
few_days = st.sampled_from([0, 0, 0, 1, 2, 7, 30])
places = st.sampled_from([("1", "A"), ("1", "A"), ("1", "A"), ("1", "B"), ("2", "A")])
ITEMS = ("I0", "I1", "I2", "I3", "I4")


def ago(days):
    return AS_OF - timedelta(days=days)


@st.composite
def documents(draw, name):
    """An invoice of one or two instalments, each in one to three versions; most are never changed."""
    company, customer = draw(places)
    currency = draw(st.sampled_from(["USD", "USD", "EUR", "JPY", "GBP"]))
    rows = []
    for instalment in range(1, draw(st.sampled_from([1, 1, 1, 2])) + 1):
        known = sorted({ago(draw(days_ago)) for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3])))})
        first = {
            "company_id": company,
            "invoice_id": name,
            "instalment": instalment,
            "known_on": known[0],
            "customer_id": customer,
            "document_type": "invoice",
            "issue_date": known[0] - timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 5, -2]))),
            "amount": draw(st.sampled_from([100, 199, 6400, 12800, 50000])),
            "currency": currency,
            "status": draw(st.sampled_from(["active"] * 9 + ["cancelled"])),
        }
        first["due_date"] = first["issue_date"] + timedelta(days=draw(st.sampled_from([0, 7, 14, 30, 30])))
        rows += [first, *(draw(later_version(first, day)) for day in known[1:])]
    return rows


@st.composite
def later_version(draw, first, day):
    """What a later version may change: dates, amount, who owes, or that the document counts at all."""
    due = first["due_date"] + timedelta(days=draw(st.sampled_from([0, -5, 3, 30])))
    return first | {
        "known_on": day,
        "due_date": due,
        "issue_date": min(due, first["issue_date"] + timedelta(days=draw(st.sampled_from([0, 0, 1])))),
        "amount": draw(st.sampled_from([first["amount"], first["amount"] // 2, first["amount"] + 50])),
        "customer_id": draw(st.sampled_from([first["customer_id"]] * 3 + ["B"])),
        "status": draw(st.sampled_from(["active", "active", "cancelled"])),
    }


@st.composite
def cash(draw, invoices, number):
    """A payment with one or two allocations, in full, in part or beyond; sometimes returned, the same day or later."""
    value_date, lag = ago(draw(days_ago)), draw(few_days)
    applied = []
    for part in range(draw(st.sampled_from([1, 1, 2]))):
        item = draw(st.sampled_from(invoices))
        applied.append(
            {
                **{name: item[name] for name in ITEM_KEY},
                "allocation_id": f"P{number}-{part}",
                "source_type": "payment",
                "source_id": f"P{number}",
                "amount": draw(st.sampled_from([item["amount"]] * 5 + [item["amount"] // 2, item["amount"] + 70])),
                "allocated_on": value_date,
                "known_on": value_date + timedelta(days=lag + draw(few_days)),
            }
        )
    payment = {
        "company_id": applied[0]["company_id"],
        "payment_id": f"P{number}",
        "customer_id": "A",
        "value_date": value_date,
        "amount": sum(part["amount"] for part in applied),
        "currency": "USD",
        "known_on": value_date + timedelta(days=lag),
    }
    back = payment["known_on"] + timedelta(days=draw(st.sampled_from([0, 1, 20, 29, 30, 31, 90, 200])))
    returned = {
        "company_id": payment["company_id"],
        "payment_id": f"P{number}",
        "reversed_on": back,
        "known_on": back,
    }
    return [payment], applied, [returned] * draw(st.sampled_from([0, 0, 1]))


@st.composite
def credits_and_losses(draw, invoices):
    """A credit note applied to an item, perhaps cancelled later, and write-offs."""
    item, day = draw(st.sampled_from(invoices)), ago(draw(days_ago))
    note = item | {
        "invoice_id": "N",
        "instalment": 1,
        "document_type": "credit_note",
        "known_on": day,
        "status": "active",
        "issue_date": day,
        "due_date": day,
    }
    gone = note | {"known_on": day + timedelta(days=draw(st.sampled_from([1, 30]))), "status": "cancelled"}
    amounts = st.sampled_from([item["amount"], item["amount"] // 2, 3])
    applied = {
        **{name: item[name] for name in ITEM_KEY},
        "allocation_id": "N-0",
        "source_type": "credit_note",
        "source_id": "N",
        "amount": draw(amounts),
        "allocated_on": day,
        "known_on": day + timedelta(days=draw(few_days)),
    }
    off = ago(draw(days_ago))
    lost = {
        **{name: item[name] for name in ITEM_KEY},
        "write_off_id": "W",
        "amount": draw(amounts),
        "written_off_on": off,
        "known_on": off + timedelta(days=draw(few_days)),
    }
    noted = draw(st.sampled_from([0, 0, 1, 2]))
    return [note, gone][:noted], [applied] * bool(noted), [lost] * draw(st.sampled_from([0, 0, 1]))


@st.composite
def told(draw, items, name, statuses, more, when=days_ago):
    """A dispute or promise in one to four rows: opened again, re-dated, moved, withdrawn; of one item, all, or more."""
    item = draw(st.sampled_from(items))
    days = sorted({ago(draw(when)) for _ in range(draw(st.sampled_from([1, 1, 2, 3, 4])))})
    rows = []
    for day in days:
        other = draw(st.sampled_from([item] * 5 + items))
        rows.append(
            {
                "company_id": item["company_id"],
                "customer_id": draw(st.sampled_from([item["customer_id"]] * 4 + ["B", "nobody"])),
                "invoice_id": other["invoice_id"],
                "instalment": draw(st.sampled_from([None, None, other["instalment"]])),
                "amount": draw(st.sampled_from([None, item["amount"], item["amount"] // 2, 70])),
                "status": draw(st.sampled_from(statuses)),
                "known_on": day,
                **name,
                **{column: draw(near(day, after)) for column, after in more.items()},
            }
        )
    return rows


@st.composite
def near(draw, day, after):
    """A day some days after another, or around the day that is asked about."""
    around = st.sampled_from([AS_OF + timedelta(days=off) for off in (-1, 0, 1)])
    return draw(st.one_of(after.map(lambda days: day + timedelta(days=days)), around))


raised_after = st.sampled_from([0, 0, 0, -1, -5, 1, 2])
a_while = st.sampled_from([0, 1, 3, 14, 30])


@st.composite
def disputes(draw, items, when=days_ago):
    rows = []
    for number in range(draw(st.integers(0, 4))):
        statuses = ["open", "open", "open", "resolved", "withdrawn"]
        days = {"opened_on": raised_after, "until": a_while}
        rows += draw(told(items, {"dispute_id": f"D{number}"}, statuses, days, when))
    return [row | {"until": draw(st.sampled_from([None, row["until"], row["until"]]))} for row in rows]


@st.composite
def promises(draw, items, when=days_ago):
    """Some are for the customer's whole account."""
    rows = []
    for number in range(draw(st.integers(0, 4))):
        statuses = ["open", "open", "open", "kept", "partly_kept", "broken", "broken", "withdrawn"]
        days = {"promised_on": raised_after, "promised_for": a_while}
        rows += draw(told(items, {"promise_id": f"R{number}"}, statuses, days, when))
    whole = {"invoice_id": None, "instalment": None}
    return [row | draw(st.sampled_from([{}, {}, whole])) for row in rows]


rates = st.lists(
    st.tuples(
        st.sampled_from([("EUR", "USD"), ("JPY", "USD"), ("USD", "EUR")]),
        days_ago,
        st.sampled_from([0.5, 1.07, 0.0064]),
    ),
    max_size=4,
    unique_by=lambda rate: rate[:2],
)


@st.composite
def attributes(draw):
    """Where customers are, by rows that hold from a day on, the day before one of another fact, or undated."""
    rows = []
    for company, customer in (("1", "A"), ("1", "B"), ("2", "A")):
        since = draw(st.lists(st.one_of(st.none(), days_ago), max_size=3, unique=True))
        rows += [
            {
                "company_id": company,
                "customer_id": customer,
                "valid_from": None if days is None else ago(days + 1),
                "country": draw(st.sampled_from([None, "US", "DE", "GB", "XX"])),
                "debtor_type": "company",
                "payment_method": "transfer",
                "account_status": "active",
                "strategic": False,
                "opening_dunning_level": 0,
            }
            for days in since
        ]
    return rows


@st.composite
def ledgers(draw):
    invoices = [row for name in ITEMS[: draw(st.integers(1, len(ITEMS)))] for row in draw(documents(name))]
    paid = [draw(cash(invoices, number)) for number in range(draw(st.integers(0, 7)))]
    notes, credited, lost = draw(credits_and_losses(invoices))
    quoted = [
        {"currency": a, "quote_currency": b, "rate_date": ago(day), "rate": rate} for (a, b), day, rate in draw(rates)
    ]
    tables = {
        "companies": [
            {"company_id": "1", "name": "One", "currency": "USD", "country": "US", "time_zone": "America/New_York"},
            {"company_id": "2", "name": "Two", "currency": "EUR", "country": "DE", "time_zone": "Europe/Berlin"},
        ],
        "invoices": invoices + notes,
        "payments": [row for payments, _, _ in paid for row in payments],
        "allocations": [row for _, applied, _ in paid for row in applied] + credited,
        "payment_reversals": [row for _, _, returned in paid for row in returned],
        "write_offs": lost,
        "fx_rates": quoted,
        "customers": draw(attributes()),
        "disputes": draw(disputes(invoices)),
        "promises": draw(promises(invoices)),
    }
    return Ledger.of(
        {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items() if rows}
    ).validated()


@st.composite
def questions(draw, ledger):
    """Up to four items asked at AS_OF or at their own issue day, one of them twice, and one that is not there."""
    items = ledger.invoices.filter(document_type="invoice").unique(ITEM_KEY, keep="first").sort(ITEM_KEY)
    chosen = draw(st.lists(st.sampled_from(items.to_dicts()), min_size=1, max_size=4))
    rows = [(*(i[n] for n in ITEM_KEY), draw(st.sampled_from([AS_OF, AS_OF, i["issue_date"]]))) for i in chosen]
    rows += [rows[0], ("1", "nobody's", 1, AS_OF)]
    return pl.DataFrame(rows, schema={**ledger.invoices.select(ITEM_KEY).schema, "as_of": pl.Date}, orient="row")


def differences(fast, slow, names=FEATURE_NAMES):
    """(key, feature, fast, slow) wherever the two are not equal to 1e-9."""
    assert fast.columns == [*QUESTION_KEY, *names] == list(slow.columns)
    found = []
    for quick, row in zip(fast.to_dicts(), slow.to_dict("records"), strict=True):
        key = tuple(quick[name] for name in QUESTION_KEY)
        assert key == tuple(row[name] for name in QUESTION_KEY)
        found += [(key, n, quick[n], row[n]) for n in names if not same(quick[n], row[n])]
    return found


def same(quick, slow):
    if quick is None or isnan(slow):
        return quick is None and isnan(slow)
    return isclose(quick, slow, rel_tol=1e-9, abs_tol=1e-9)


@settings(max_examples=max(60, settings().max_examples))
@given(st.data(), ledgers(), st.sampled_from(["start", "end"]), st.sampled_from([0, 3]), st.sampled_from([0, 100]))
def test_fast_features_are_as_worked_out_by_hand(data, ledger, cut, grace_days, tolerance):
    asked = data.draw(questions(ledger))
    chosen = FeatureSettings(grace_days=grace_days, tolerance=tolerance, half_life_days=20.0, disputes=True)
    assert differences(features(ledger, asked, cut, chosen), reference(ledger, asked, cut, chosen), chosen.names) == []


@st.composite
def disputed_ledgers(draw):
    """One document of two instalments and one of another customer, and much said of them around the day asked about."""
    common = {
        "company_id": "1",
        "known_on": ago(3),
        "document_type": "invoice",
        "issue_date": ago(3),
        "due_date": AS_OF,
        "amount": 100,
        "currency": "USD",
        "status": "active",
    }
    keys = (("I0", 1, "A"), ("I0", 2, "A"), ("I1", 1, "B"))
    names = ("invoice_id", "instalment", "customer_id")
    items = [common | dict(zip(names, key, strict=True)) for key in keys]
    around = st.integers(-2, 4)
    tables = {"invoices": items, "disputes": draw(disputes(items, around)), "promises": draw(promises(items, around))}
    return Ledger.of({n: pl.DataFrame(rows, infer_schema_length=None) for n, rows in tables.items() if rows})


@settings(max_examples=max(100, settings().max_examples))
@given(disputed_ledgers(), st.sampled_from(["start", "end"]))
def test_disputes_and_promises_around_the_day_are_as_worked_out_by_hand(ledger, cut):
    asked = ledger.invoices.select(*ITEM_KEY, as_of=pl.lit(AS_OF))
    chosen = FeatureSettings(disputes=True)
    names = chosen.names[len(FEATURE_NAMES) :]
    fast, slow = (compute(ledger, asked, cut, chosen) for compute in (features, reference))
    columns = [*QUESTION_KEY, *names]
    assert differences(fast.select(columns), slow[columns], names) == []


@given(st.data(), ledgers(), st.sampled_from(["start", "end"]))
def test_part_by_part_to_the_same_bit(data, ledger, cut):
    """Items change hands between customers of different parts, and each part sees items of the others."""
    asked = data.draw(questions(ledger)).unique(maintain_order=True)
    chosen = FeatureSettings(disputes=True)
    owners = ledger.invoices.select(CUSTOMER_KEY).unique().sort(CUSTOMER_KEY)
    parts = [part for part in (owners.gather_every(2), owners.gather_every(2, 1)) if part.height]
    histories = [history_of(ledger, own, chosen) for own in parts]
    portfolio = added(portfolio_of(history, chosen) for history in histories)
    items = items_added(items_by_day(history, ledger) for history in histories)
    found = pl.concat(
        part_features(
            history,
            portfolio,
            asked.join(history.items, on=ITEM_KEY).select("item", "as_of"),
            chosen,
            cut,
            DisputeFacts.of(history, ledger, items, cut),
        ).cast(dict.fromkeys(chosen.names, pl.Float64))
        for history in histories
    )
    whole = features(ledger, asked, cut, chosen).join(ledger.invoices, on=ITEM_KEY, how="semi")
    assert found.sort(QUESTION_KEY).equals(whole.sort(QUESTION_KEY))


@pytest.mark.parametrize("cut", ["start", "end"])
def test_thousands_of_customers_with_one_item_each_beside_one_with_a_thousand(cut):
    days = [ago(n % 400 + 30) for n in range(4000)]
    invoices = pl.DataFrame(
        {
            "company_id": "1",
            "invoice_id": [f"I{n}" for n in range(4000)],
            "instalment": 1,
            "known_on": days,
            "customer_id": ["big" if n < 1000 else f"C{n}" for n in range(4000)],
            "document_type": "invoice",
            "issue_date": days,
            "due_date": [day + timedelta(days=30) for day in days],
            "amount": [100 + n % 7 for n in range(4000)],
            "currency": "USD",
            "status": "active",
        }
    )
    paid = pl.col("due_date") + pl.duration(days=pl.int_range(pl.len()) % 11 - 3)
    cash = invoices.filter(pl.int_range(pl.len()) % 5 > 0).with_columns(value_date=paid)
    company = {"company_id": "1", "name": "One", "currency": "USD", "country": "US", "time_zone": "America/New_York"}
    ledger = Ledger.of(
        {
            "companies": pl.DataFrame([company]),
            "invoices": invoices,
            "allocations": cash.select(
                *ITEM_KEY,
                "amount",
                allocation_id="invoice_id",
                source_type=pl.lit("payment"),
                source_id="invoice_id",
                allocated_on="value_date",
                known_on="value_date",
            ),
        }
    )
    few = invoices.gather_every(133).select(ITEM_KEY).with_columns(as_of=pl.lit(AS_OF))
    asked = few.cast({"instalment": pl.Int32})
    assert differences(features(ledger, asked, cut), reference(ledger, asked, cut)) == []


@pytest.mark.real
@pytest.mark.parametrize("cut", ["start", "end"])
def test_on_a_real_file_fast_is_as_by_hand(cut):
    """300 items of sample B, asked on a dozen days: a third of them at their issue."""
    source = read_source(SHARED / "data" / "highradius_sample_b.csv", load_mapping("highradius"), date(2020, 4, 1))
    ledger = Ledger.of(source.frames)
    invoices = ledger.invoices.unique(ITEM_KEY, keep="first").sort(ITEM_KEY)
    days = invoices["issue_date"].unique().sort().sample(12, seed=7)
    issued = invoices.filter(pl.col("issue_date").is_in(days.implode())).sample(100, seed=8)
    older = invoices.sample(200, seed=9).with_columns(issue_date=days.sample(200, with_replacement=True, seed=10))
    asked = pl.concat([issued, older]).select(*ITEM_KEY, as_of="issue_date")
    fast = features(ledger, asked, cut)
    assert differences(fast, reference(ledger, asked, cut)) == []
    assert fast["settled_count"].max() > 1000


@given(st.data(), ledgers(), st.sampled_from(["start", "end"]), st.sampled_from([0, 100]))
def test_what_becomes_known_later_moves_no_feature(data, ledger, cut, tolerance):
    issue = ledger.invoices.group_by(ITEM_KEY).agg(issued=pl.col("issue_date").max())
    asked = data.draw(questions(ledger)).join(issue, on=list(ITEM_KEY), how="left", maintain_order="left")
    asked = asked.filter(pl.col("issued").is_null() | (pl.col("as_of") >= pl.col("issued"))).drop("issued")
    chosen = FeatureSettings(tolerance=tolerance, disputes=True)
    report = check(lambda part, some, c: features(part, some, c, chosen), ledger, asked, cut, seed=1)
    assert report.violations == ()


ITEM = list(ITEM_KEY)
CHANGING = ("invoices", "allocations", "write_offs", "payment_reversals", "fx_rates", "customers")


@st.composite
def changes(draw):
    """A ledger as it was, what was added and removed since, and as it is."""
    whole = draw(ledgers())
    sides = {"stays": {}, "added": {}, "removed": {}}
    for name in CHANGING:
        rows = whole.frames()[name]
        fates = st.sampled_from(["stays", "stays", "stays", "added", "removed"])
        fate = pl.Series(draw(st.lists(fates, min_size=rows.height, max_size=rows.height)), dtype=pl.String)
        for side, frames in sides.items():
            frames[name] = rows.filter(fate == side)
    rest = {name: rows for name, rows in whole.frames().items() if name not in CHANGING}

    def of(*names):
        return Ledger.of({name: pl.concat(sides[side][name] for side in names) for name in CHANGING} | rest)

    nothing = Ledger.of({})
    added, removed = (
        Ledger.of(sides[side]) if any(f.height for f in sides[side].values()) else nothing
        for side in ("added", "removed")
    )
    return of("stays", "removed"), added, removed, of("stays", "added")


@given(st.data(), changes(), st.sampled_from(["start", "end"]), st.sampled_from([0, 100]))
def test_what_is_added_gives_what_a_rebuild_gives(data, change, cut, tolerance):
    was, added, removed, now = change
    settings = FeatureSettings(tolerance=tolerance, half_life_days=20.0)
    later = Standing.of(was, settings, cut).later(added, removed)
    if now.invoices.filter(document_type="invoice").height:
        asked = data.draw(questions(now))
        assert later.features(asked).equals(features(now, asked, cut, settings))
    for day in (AS_OF, AS_OF - timedelta(days=200)):
        is_open = items(now, day, "end", tolerance).filter(~pl.col("settled")).select(ITEM, as_of=pl.lit(day))
        found = later.open_features(day)
        assert found.sort(ITEM).equals(features(now, is_open, cut, settings).sort(ITEM))


@given(changes())
def test_what_is_written_is_what_is_read(tmp_path_factory, change):
    was, added, removed, now = change
    place = tmp_path_factory.mktemp("standing")
    write_frames(Standing.of(was, FeatureSettings(), "end"), place / "kept")
    found = read_frames(Standing, place / "kept").later(added, removed).open_features(AS_OF)
    open_now = items(now, AS_OF, "end", 0).filter(~pl.col("settled")).select(ITEM, as_of=pl.lit(AS_OF))
    assert found.sort(ITEM).equals(features(now, open_now, "end").sort(ITEM))

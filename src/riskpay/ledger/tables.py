"""The tables of receivables: what the ledger files hold, and what people did (kept in the store).

Money columns are integers in minor units (ISO 4217) of the row's ``currency``. Days are dates in
the firm's time zone. ``known_on`` is the day a fact reached us: value date + the source's posting
lag, or the day of the load that brought a change.
"""

from typing import Final

import polars as pl

from riskpay.ledger.columns import Column, Table

DEBTOR_TYPES: Final = ("company", "sole_trader", "consumer", "guarantor", "unknown")
PAYMENT_METHODS: Final = ("transfer", "auto_pay", "direct_debit", "statement")
ACCOUNT_STATUSES: Final = ("active", "insolvent", "legal", "agency")
CHANNELS: Final = ("email", "text", "phone", "letter")
OUTCOMES: Final = ("reached", "no_answer", "message_left", "promised", "disputed", "refused", "wrong_contact", "sent")
DEFAULT_COMPANY: Final = "1"

TAKEN_BACK: Final = "shown as open by a later export"
TOLD_OTHERWISE: Final = "told otherwise by a later load"
OWN_REVERSALS: Final = (TAKEN_BACK, TOLD_OTHERWISE)
"""Reasons of reversals that riskpay adds itself; the second one is a correction, and no money came back."""

FACT_DAY: Final = {
    "invoices": "issue_date",
    "payments": "value_date",
    "payment_reversals": "reversed_on",
    "allocations": "allocated_on",
    "write_offs": "written_off_on",
    "disputes": "opened_on",
    "promises": "promised_on",
    "blocks": "blocked_on",
    "contacts": "contacted_at",
}
"""The day from which a fact is known if the file does not say: that day, for cash with the posting lag.

A ``known_on`` that is another day was stated by the source.
"""

ITEM_KEY: Final = ("company_id", "invoice_id", "instalment")
CUSTOMER_KEY: Final = ("company_id", "customer_id")

_company = Column("company_id", pl.String, "our own legal entity that is owed")
_customer = Column("customer_id", pl.String, "customer, as a string with its zeros after id normalisation")
_invoice = Column("invoice_id", pl.String, "document number")
_instalment = Column("instalment", pl.Int32, "1 for the first due date of a document, 2 for the next", at_least=1)
_currency = Column("currency", pl.String, "ISO 4217 code")
_amount = Column("amount", pl.Int64, "always positive; the table says which way it counts", "minor units", at_least=1)
_known_on = Column("known_on", pl.Date, "day the fact reached us", "date")
_any_invoice = Column("invoice_id", pl.String, "document concerned; null: the whole account", nullable=True)
_any_instalment = Column("instalment", pl.Int32, "instalment concerned; null: all of them", nullable=True)

COMPANIES = Table(
    "companies",
    "Our own legal entities.",
    ("company_id",),
    (
        _company,
        Column("name", pl.String, "name on letters"),
        Column("currency", pl.String, "reporting currency, ISO 4217"),
        Column("country", pl.String, "ISO 3166 alpha-2; its bank holidays are the default"),
        Column("time_zone", pl.String, "IANA time zone; as_of days are days there"),
    ),
)

CUSTOMERS = Table(
    "customers",
    "Who owes. Attributes hold from valid_from on; an undated one (null) is never a feature.",
    ("company_id", "customer_id", "valid_from"),
    (
        _company,
        _customer,
        Column("valid_from", pl.Date, "first day these attributes hold; null: undated", "date", nullable=True),
        Column("name", pl.String, "display name; never a key", nullable=True),
        Column("payer_id", pl.String, "customer who pays and is dunned; null: the customer", nullable=True),
        Column("group_id", pl.String, "group whose limits count together", nullable=True),
        Column("debtor_type", pl.String, "picks the compliance profile; unknown means strict", allowed=DEBTOR_TYPES),
        Column("country", pl.String, "ISO 3166 alpha-2", nullable=True),
        Column("time_zone", pl.String, "IANA time zone for quiet hours", nullable=True),
        Column("language", pl.String, "ISO 639-1 language of letters", nullable=True),
        Column("payment_method", pl.String, "how the customer pays", allowed=PAYMENT_METHODS),
        Column(
            "account_status", pl.String, "insolvent, legal and agency accounts get no step", allowed=ACCOUNT_STATUSES
        ),
        Column("credit_limit", pl.Int64, "in the company's currency", "minor units", nullable=True, at_least=0),
        Column("owner", pl.String, "collector or account manager in charge", nullable=True),
        Column("strategic", pl.Boolean, "relationship that a person handles"),
        Column("opening_dunning_level", pl.Int32, "dunning level reached before go-live", at_least=0),
        Column("email", pl.String, "address for e-mail", nullable=True),
        Column("phone", pl.String, "number for calls and texts", nullable=True),
        Column("address", pl.String, "postal address for letters", nullable=True),
    ),
)

INVOICES = Table(
    "invoices",
    "Invoices and credit notes, a row per due date and version; the last known version counts.",
    ("company_id", "invoice_id", "instalment", "known_on"),
    (
        _company,
        _invoice,
        _instalment,
        _known_on,
        _customer,
        Column("document_type", pl.String, "which way it counts", allowed=("invoice", "credit_note")),
        Column("issue_date", pl.Date, "day the document was made", "date"),
        Column("due_date", pl.Date, "last contractual day without lateness", "date"),
        _amount,
        _currency,
        Column(
            "status",
            pl.String,
            "from known_on on; cancelled: withdrawn; used: a credit note that was taken, and nothing says off which item",
            allowed=("active", "cancelled", "used"),
        ),
    ),
)

PAYMENTS = Table(
    "payments",
    "Cash received.",
    ("company_id", "payment_id"),
    (
        _company,
        Column(
            "payment_id", pl.String, "payment number; `~v2` after it: told otherwise by a later load, and entered anew"
        ),
        _customer,
        Column("value_date", pl.Date, "day the cash counts", "date"),
        _amount,
        _currency,
        _known_on,
    ),
)

PAYMENT_REVERSALS = Table(
    "payment_reversals",
    "Payments that came back (returned debit, bounced cheque) or were corrected; all their allocations fall with them.",
    ("company_id", "payment_id"),
    (
        _company,
        Column("payment_id", pl.String, "payment that is reversed"),
        Column("reversed_on", pl.Date, "day the bank took it back", "date"),
        Column("reason", pl.String, f"bank's reason, or riskpay's own: {'; '.join(OWN_REVERSALS)}", nullable=True),
        _known_on,
    ),
)

ALLOCATIONS = Table(
    "allocations",
    "Parts of payments or credit notes applied to one item, in the item's currency.",
    ("company_id", "allocation_id"),
    (
        _company,
        Column("allocation_id", pl.String, "allocation number; with `~v2` as above"),
        Column("source_type", pl.String, "what is applied; only a payment is cash", allowed=("payment", "credit_note")),
        Column("source_id", pl.String, "payment_id, or invoice_id of the credit note"),
        _invoice,
        _instalment,
        _amount,
        Column("allocated_on", pl.Date, "day it counts: the value date of the payment", "date"),
        _known_on,
    ),
)

WRITE_OFFS = Table(
    "write_offs",
    "Amounts given up.",
    ("company_id", "write_off_id"),
    (
        _company,
        Column("write_off_id", pl.String, "write-off number"),
        _invoice,
        _instalment,
        _amount,
        Column("written_off_on", pl.Date, "day it counts", "date"),
        Column("reason", pl.String, "reason given", nullable=True),
        _known_on,
    ),
)

FX_RATES = Table(
    "fx_rates",
    "Exchange rates by day; the last one on or before a day counts.",
    ("currency", "quote_currency", "rate_date"),
    (
        _currency,
        Column("quote_currency", pl.String, "ISO 4217 code the rate converts into"),
        Column("rate_date", pl.Date, "day of the rate", "date"),
        Column("rate", pl.Float64, "units of quote_currency for one unit of currency", "ratio", at_least=0.0),
    ),
)

DISPUTES = Table(
    "disputes",
    "A customer contests an amount; a row per change, the last known one counts.",
    ("company_id", "dispute_id", "known_on"),
    (
        _company,
        Column("dispute_id", pl.String, "dispute number"),
        _customer,
        _invoice,
        _any_instalment,
        Column("amount", pl.Int64, "contested part; null: all that is open", "minor units", nullable=True, at_least=1),
        Column("reason", pl.String, "reason code", nullable=True),
        Column("opened_on", pl.Date, "day it was raised", "date"),
        Column("until", pl.Date, "day the hold expires unless renewed", "date", nullable=True),
        Column("status", pl.String, "open holds the disputed part", allowed=("open", "resolved", "withdrawn")),
        _known_on,
    ),
)

PROMISES = Table(
    "promises",
    "Promises to pay; a row per change, the last known one counts.",
    ("company_id", "promise_id", "known_on"),
    (
        _company,
        Column("promise_id", pl.String, "promise number"),
        _customer,
        _any_invoice,
        _any_instalment,
        Column("amount", pl.Int64, "promised; null: all that is open", "minor units", nullable=True, at_least=1),
        Column("promised_on", pl.Date, "day it was given", "date"),
        Column("promised_for", pl.Date, "day by which the cash is promised", "date"),
        Column("status", pl.String, "open holds", allowed=("open", "kept", "partly_kept", "broken", "withdrawn")),
        _known_on,
    ),
)

BLOCKS = Table(
    "blocks",
    "Dunning blocks: items or customers taken out of dunning until a day, for a reason.",
    ("company_id", "block_id", "known_on"),
    (
        _company,
        Column("block_id", pl.String, "block number"),
        _customer,
        _any_invoice,
        _any_instalment,
        Column("reason", pl.String, "why; required"),
        Column("blocked_on", pl.Date, "first day of the block", "date"),
        Column("until", pl.Date, "last day of the block; required", "date"),
        Column("status", pl.String, "lifted ends it early", allowed=("active", "lifted")),
        _known_on,
    ),
)

CONTACTS = Table(
    "contacts",
    "One touch with a customer.",
    ("company_id", "contact_id"),
    (
        _company,
        Column("contact_id", pl.String, "contact number"),
        _customer,
        _any_invoice,
        Column("channel", pl.String, "how", allowed=CHANNELS),
        Column("direction", pl.String, "who began", allowed=("out", "in")),
        Column("contacted_at", pl.Datetime, "moment, UTC", "timestamp"),
        Column("outcome", pl.String, "what came of it", allowed=OUTCOMES),
        Column("collector", pl.String, "who touched", nullable=True),
        _known_on,
    ),
)

FILE_TABLES: Final = (COMPANIES, CUSTOMERS, INVOICES, PAYMENTS, PAYMENT_REVERSALS, ALLOCATIONS, WRITE_OFFS, FX_RATES)
"""Tables kept in ledger files."""

EVENT_TABLES: Final = (DISPUTES, PROMISES, BLOCKS, CONTACTS)
"""What people did: kept in the store, joined into the ledger by workflows."""

TABLES: Final = {table.name: table for table in FILE_TABLES + EVENT_TABLES}

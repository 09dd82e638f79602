"""The page about features, rendered from the catalogue, so that it cannot fall behind it."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from riskpay.features.catalogue import FEATURES, OPTIONAL, Feature, FeatureSettings

_FAMILIES: Final = {
    "item": "What the document itself says, at the question's moment.",
    "calendar": (
        "Where the due date falls. Bank holidays are those of the customer's country, by its last row with a `valid_from` "
        "before the issue day (or the day the document became known, if earlier); without one, of the company's country."
    ),
    "history": "How the customer paid so far.",
    "recent": "How the customer paid lately.",
    "alike": "How the customer pays items like this one, several likenesses taken together.",
    "habit": "How the customer pays items like this one, and on which days.",
    "book": "What the customer has open. The item itself is among it once its document is known.",
    "portfolio": "How everybody pays: all customers of all companies.",
    "disputes": (
        "**Off by default**: computed, and read by models, only where `dispute_features` is true (settings.md) when a model is "
        "trained. What the customer contests and what it promised, by the last row of each dispute and promise that is known. "
        "Disputes and promises come of contact: who is called more has more of them, so a model that reads them learns in part "
        "whom collectors called, and its curve under usual effort is no longer that of a customer whom nobody called yet. Turn "
        "them on where calls are few or given out at random, and see in a backtest what they add "
        "(`riskpay backtest --ablate disputes`). A promise counts as broken once a person marked it."
    ),
}

_INTRO = """\
# Features

{count} figures, and {optional} more where they are turned on, are computed for each question: an item, a day (`as_of`) and a cut. With cut `start` facts count that
were known before that day, with `end` those of the day too. The item's own first document always counts. The
definition, worked out as a person would by hand, is `riskpay.features.reference`; what runs is
`riskpay.features.histories`, and tests hold the two equal.

- **Customer** is whom the last known version of a document names, within one company. **Item** is one due date of an invoice.
- **Paid**, **settled**: cash alone brought the open amount to the tolerance or below. Settlement by credit note, write-off
  or a mixture is not counted. What is known then counts: a returned payment leaves every figure on the day its return is
  known, and a settled item that is re-dated is measured by its new due date.
- **Late**: paid more than the grace days (policy) after the due date. Days late, and figures that name a number of days,
  count from the due date itself, and being past due begins the day after it.
- **Window** of N days: the settlement (or document) became known on one of the last N days whose facts count.
- **Shrunk**: (sum + w x prior) / (number + w), as if w more items with the prior's value were there; w is
  {prior_weight:g}, and 1 for recency-weighted figures, whose weights halve every {half_life_days:g} days. The prior is the one
  named, else that of all customers; while nothing at all is settled, shrunk figures are null.
- **Money** is in the company's currency, at the last rate on or before the issue day (or the day the document became known,
  if earlier), one for one without a rate; a later rate never counts. `log10 money` is log10 of 0.01 at least. Amounts are
  **alike** if they lie between the same two powers of two.
- **Kind of due day**: its weekday where banks work on it; else whether they do on the day after it.
- A customer without settlements has null where no prior is named.

## What is not a feature

- **Contacts**: late payers are called more, so past contacts go with late payment and say nothing of what a call brings.
- **Disputes and promises**: broken promises and disputes come with contact too. They hold items back from dunning, and are features only where
  family disputes is turned on.
- **Undated attributes** of customers (credit limit, owner, strategic flag, terms): nobody knows when they began to hold.

## Is there a look-ahead?

`riskpay check-leakage` asks questions of the whole ledger, then again without anything that became known later, with all
later facts scrambled, and with undated attributes scrambled. A feature that moves is named, with a question that moved
it, and the exit code is 3. `riskpay check-leakage MODULE:FUNCTION` does the same with your own function:

```python
def my_features(ledger: Ledger, questions: pl.DataFrame, cut: str) -> pl.DataFrame:
    \"\"\"questions: company_id, invoice_id, instalment, as_of. Gives these four and a column a feature.\"\"\"
```

It may also take `(ledger)` or `(ledger, questions)`; without a cut it is held to both, so no fact of the day itself may
count. Rows are keyed by item or by customer, with `as_of` or without; without, a row is taken to hold on every day asked. A
missing row is null. A feature that says two things of one ledger (chance, a clock, kept state) is listed as unstable. It sees what your function reads from the ledger; what it reads from elsewhere cannot be checked.
"""

_TABLE = """
## {title}

{meaning}

| name | unit | window | meaning |
|---|---|---|---|
{rows}
"""


def render() -> str:
    """The page docs/features.md as Markdown text."""
    settings = FeatureSettings()
    intro = _INTRO.format(
        count=len(FEATURES),
        optional=len(OPTIONAL),
        prior_weight=settings.prior_weight,
        half_life_days=settings.half_life_days,
    )
    return intro + "".join(_families())


def _families() -> Iterator[str]:
    for family, members in groupby(FEATURES + OPTIONAL, key=lambda feature: feature.family):
        rows = "\n".join(_row(feature) for feature in members)
        yield _TABLE.format(title=f"Family {family}", meaning=_FAMILIES[family], rows=rows)


def _row(feature: Feature) -> str:
    return f"| `{feature.name}` | {feature.unit} | {feature.window} | {feature.meaning} |"

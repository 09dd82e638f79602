"""The page about mapping files, rendered from the declarations, so that it cannot fall behind them."""

from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from riskpay.sources.mapping import REQUIRED_FIELDS, Mapping, builtin_mappings
from riskpay.sources.readers import DELIMITERS
from riskpay.sources.records import MAX_LINE

_INTRO = """\
# Mapping files: how a file format is told to riskpay

A format is a YAML file, not code. `riskpay ingest PATH --format NAME` uses a built-in one ({names});
`riskpay ingest PATH --mapping FILE` uses yours. PATH is a CSV or Parquet file, or a folder of them.

Copy the built-in mapping nearest to your file, change the headers, and load. A key that is not listed below is an
error that names its line. Headers are compared without case, spaces and underscores: `Invoice ID`, `invoice_id` and
`INVOICEID` are the same.

CSV columns are parted by {delimiters}; a line may hold {max_line:,} characters. Text is read by the
encodings in the order given; a byte order mark (UTF-8, UTF-16) goes first. Blank lines are no rows. A line whose quotes do not pair up
is rejected, and reading goes on with the next one.

## What happens to a row

- **accepted**: everything could be read, and its days are in order.
- **duplicate**: it repeats an earlier row of the load (same document, same content; names do not count). The first is kept.
- **rejected**: something is wrong. HOME/rejects keeps its file, line, column, value and reason. Two rows of one
  document with different content are both rejected, unless they state the days since which they hold (`change_date`, in
  canonical folders `known_on`): then they are versions. A wide row is accepted or rejected as a whole.

accepted + rejected + duplicates = read, in rows and in money per currency. Money is counted as it is signed in the
file; a row whose amount or currency cannot be read exactly counts as a row and brings no money. In canonical
folders the money is that of the tables that have an amount and a currency (invoices and payments).

In a later load, changed content of a document is a new version, known from its change date or the day of the load. An
item that was paid and is now shown as open has its payment reversed. What vanishes from a full export is
reported and stays as it was: it is never assumed paid. Changed content of a dispute, promise or block is a new version too: no
version kept before is touched, so the second change of one day counts from the next. A contact is never changed, nor is an
allocation of a credit note: a row that tells one otherwise is rejected.

A payment or its allocation with other content is taken back as it was known, from the load on, and entered anew: the
payment is reversed and comes again under its number with `~v2`, its other allocations with it. What was known on earlier days
stays as it was, and the export goes on to use its own numbers.

## Keys of a mapping file
"""

_CANONICAL = """
## Canonical folders

With `table: canonical` the folder has a file a ledger table, named after it: `customers.csv`, `invoices.parquet` and so
on, with the columns of docs/ledger.md. Left out or empty, a column that may be null is null; `company_id` is "1",
`instalment` is 1, `document_type` is `invoice`, `status` is active (disputes and promises: open), and `known_on` is
the fact's own day, for cash with the posting lag. Rows may refer to customers, invoices and payments of the same folder
or of the ledger so far. Allocations are in the currency of their payment or credit note, which is the item's, and come to no more than
it has, those of earlier loads counted: else they are rejected. A payment corrected below its allocations loses those that the load
does not tell anew; a full load may apply a payment anew. Disputes, promises, blocks and contacts go into the store. Files with other names are left
alone, unless the name is nearly that of a table.
"""


def render() -> str:
    """docs/mappings.md as text, from the descriptions of the mapping's fields."""
    intro = _INTRO.format(
        names=", ".join(f"`{n}`" for n in builtin_mappings()),
        delimiters=", ".join(DELIMITERS.values()),
        max_line=MAX_LINE,
    )
    required = ", ".join(f"`columns.{n}`" for n in REQUIRED_FIELDS)
    note = f"\nA wide mapping needs `name`, `companies`, and {required}.\n"
    example = f"\n## An example: ibm-ar\n\n```yaml\n{builtin_mappings()['ibm-ar'].strip()}\n```\n"
    return intro + "".join(_section(Mapping, "")) + note + _CANONICAL + example


def _section(model: type[BaseModel], prefix: str) -> Iterator[str]:
    yield "\n| key | default | meaning |\n|---|---|---|\n"
    inner = []
    for name, field in model.model_fields.items():
        nested = _nested(field.annotation)
        yield f"| `{prefix}{name}` | {_default(field.default)} | {_cell(field.description or '')} |\n"
        if nested:
            key = f"{prefix}{name}.NAME." if nested is not field.annotation else f"{prefix}{name}."
            inner.append((nested, key))
    for nested, key in inner:
        yield f"\n### {key.rstrip('.')}\n"
        yield from _section(nested, key)


def _nested(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation of a pydantic field
    candidates = (annotation, *getattr(annotation, "__args__", ()))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, BaseModel):
        return "see below"
    shown = list(value) if isinstance(value, tuple) else value
    text = yaml.safe_dump(shown, default_flow_style=True, width=1000).removesuffix("...\n").strip()
    return f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")

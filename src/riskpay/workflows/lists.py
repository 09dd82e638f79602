"""What was published and planned, read back: the worklist of a day and the cadence of a customer."""

from datetime import date
from pathlib import Path
from typing import Any

from riskpay.errors import NotThereError, UsageError
from riskpay.ledger.open_items import customers_as_of
from riskpay.store import cadences
from riskpay.store.database import Store
from riskpay.store.in_force import in_force
from riskpay.store.runs import Run
from riskpay.store.worklists import Shown
from riskpay.workflows.home import Home
from riskpay.workflows.risk_said import withheld


def worklist(
    home: Path, as_of: date | None = None, collector: str | None = None, top: int | None = None
) -> dict[str, Any]:
    """The list in force for a day (default: the newest), in order of priority over all collectors.

    ``collector``: only that one's. ``top``: the first entries only. Each entry carries its
    collector; its rank is that of the list asked for. Raises NotThereError if nothing was
    published for the day, or the collector has no list on it.
    """
    opened = Home.open(home)
    with opened.store() as store:
        shown = in_force(store, as_of)
        _check_collector(shown, collector)
        heads = [head for head in shown.lists if collector in (None, head.collector)]
        size = sum(head.entries for head in heads)
        page = store.worklists.page(shown, collector, limit=max(1, size))
        run = store.runs.get(shown.run_id)
        entries = [{"collector": entry.collector, **entry.payload} for entry in page.entries]
        if collector is None:
            entries.sort(key=lambda e: (e["must_contact"] is None, -e["priority"], e["company_id"], e["customer_id"]))
            entries = [{**entry, "rank": rank} for rank, entry in enumerate(entries, start=1)]
        return {
            "as_of": shown.as_of.isoformat(),
            "collector": collector,
            "model_version": run.model_version if run else None,
            "model_kind": run.counts.get("model_kind") if run else None,
            "withheld": _withheld(run),
            "data_version": run.data_version if run else None,
            "policy_hash": run.policy_hash if run else None,
            "entries": entries[:top],
            "would_pay_anyway": [dict(tip) for tip in store.worklists.advice(shown)],
        }


def cadence(home: Path, customer_id: str, as_of: date | None = None, company_id: str | None = None) -> dict[str, Any]:
    """A customer's steps sent, planned and suppressed as of the newest plan, each with its rule.

    ``company_id``: the legal entity whose customer is meant. Raises NotThereError if the ledger does not know the
    customer, or no day was done yet; UsageError if several legal entities have a customer of that id and none is named.
    """
    opened = Home.open(home)
    with opened.store() as store:
        day = as_of or store.steps.last_day()
        if day is None:
            raise NotThereError("no steps are planned yet", "run: riskpay daily")
        attributes = customers_as_of(opened.files.current(), day).filter(customer_id=customer_id)
        if company_id is not None:
            attributes = attributes.filter(company_id=company_id)
        found = [_named(store, row, day) for row in attributes.sort("company_id").iter_rows(named=True)]
        planned = [one for one in found if one["steps"] or one["segment"]]
        if len(planned) > 1:
            where = ", ".join(one["company_id"] for one in planned)
            raise UsageError(
                f"customer {customer_id!r} is one of several legal entities: {where}",
                f"name one: --company {planned[0]['company_id']}",
            )
        if planned:
            return planned[0]
        if not found:
            raise NotThereError(f"no customer {customer_id!r} is known on {day}", "check the id, zeros included")
        raise NotThereError(f"customer {customer_id!r} had nothing open by {day}", "no step is due: nothing to do")


def _withheld(run: Run | None) -> str | None:
    reach = run.counts.get("curve_reach") if run else None
    return withheld(None if reach is None else int(reach))


def _named(store: Store, row: dict[str, Any], day: date) -> dict[str, Any]:
    try:
        found = cadences.cadence(store, row["customer_id"], row["company_id"], day).to_json()
    except NotThereError:
        found = {"company_id": row["company_id"], "steps": [], "segment": None}
    return {"name": row["name"], **found}


def _check_collector(shown: Shown, collector: str | None) -> None:
    names = [head.collector for head in shown.lists]
    if collector is not None and collector not in names:
        raise NotThereError(
            f"collector {collector!r} has no list on {shown.as_of}; lists are there for {', '.join(names) or 'nobody'}",
            "give one of those names",
        )

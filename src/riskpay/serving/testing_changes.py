"""What changed, as a scorer tells it: for tests and for looking at the pages. Nothing of the service imports this module."""

from datetime import date
from typing import Any, Final

from riskpay.model.bridge import Bridge, Part
from riskpay.workflows.item_change import ItemChange
from riskpay.workflows.money_at_risk import money_at_risk
from riskpay.workflows.risk_said import sums_said

_OPEN_COUNT: Final = "how many items the customer has open (5 items, now 8 items)"
SUMS: Final = sums_said(
    Bridge("p_late", 0.3, (Part("late_share", "how often the customer pays late (20 %)", -0.176543211),), 0.123456789),
    Bridge("p_unpaid_30", 0.2, (Part("late_share", "how often the customer pays late (20 %)", -0.075),), 0.125),
    4,
)
"""Of an item, as ``ScoredItem.why``."""


def items_changed() -> list[ItemChange]:
    """One item that a day and a new model moved, one that fell due and was paid in part, one new, one settled."""
    return [
        ItemChange(
            ("1", "1930400000", 1),
            "0600769623",
            "USD",
            date(2019, 7, 2),
            "open",
            30,
            (4821377, 4821377),
            (1.0, 0.5872),
            (1.0, 0.7413),
            (Bridge("p_late", 1.0, (), 1.0), _moved(0.5872, 0.7413)),
        ),
        ItemChange(
            ("1", "1930400001", 2),
            "0600769623",
            "USD",
            date(2019, 7, 31),
            "open",
            30,
            (1000000, 600000),
            (0.4, 0.3),
            (1.0, 0.41),
            (
                Bridge("p_late", 0.4, (Part("days_passed", "its due date passed", 0.6),), 1.0),
                Bridge("p_unpaid_30", 0.3, (Part("days_passed", "its due date passed", 0.11),), 0.41),
            ),
        ),
        ItemChange(
            ("1", "1930500000", 1), "0600769623", "USD", date(2019, 8, 29), "new", 30, (None, 120050), None, (0.3, 0.45)
        ),
        ItemChange(
            ("1", "1930300000", 1),
            "0600769623",
            "USD",
            date(2019, 7, 1),
            "settled",
            30,
            (90000, None),
            (1.0, 0.2),
            None,
        ),
    ]


def _moved(start: float, end: float) -> Bridge:
    parts = (
        Part("model", "model 4 in place of model 3", 0.0612),
        Part("open_count", _OPEN_COUNT, 0.0524),
        Part("last_days_late", "how late the last payment was (3 days, now 12 days)", 0.0405),
        Part("days_passed", "a day passed", -0.0117),
        Part("late_share_90", "late payments of the last three months (58 %, now 63 %)", 0.0093),
    )
    rest = end - start - sum(part.points for part in parts)
    return Bridge("p_unpaid_30", start, (*parts, Part("small_changes", "small changes of 31 figures", rest)), end)


def changes_told(since: date, as_of: date, customer: tuple[str, str] | None, top: int) -> dict[str, Any]:
    """What changed between two days, of the whole book or of a customer."""
    items = items_changed()
    run = {"run_id": "5f2b9c07d1e84a36", "policy_hash": "b7e0c55f"}
    told = {
        "as_of": as_of.isoformat(),
        "since": since.isoformat(),
        "horizon_days": 30,
        "runs": {
            "from": {"as_of": since.isoformat(), "model_version": "3", "data_version": "77aa41c2", **run},
            "to": {"as_of": as_of.isoformat(), "model_version": "4", "data_version": "9d3a41c2", **run},
        },
        "notes": [],
        "counts": {"open": 2, "new": 1, "settled": 1},
        "money_at_risk": money_at_risk(items),
    }
    if customer is not None:
        return {"company_id": customer[0], "customer_id": customer[1], **told, "items": [i.to_json() for i in items]}
    listed = {state: [i.to_json() for i in items if i.state == state][:top] for state in ("open", "new", "settled")}
    return {**told, "moved": listed.pop("open"), **listed}

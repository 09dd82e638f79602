"""Loads, models, proofs and reports in the terminal."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.text import Text

from riskpay.cli.grids import grid, money, percent, plain

METRICS = ("n", "base_rate", "roc_auc", "pr_auc", "brier", "ece")
TALLIES = ("read", "accepted", "rejected", "duplicates")


def intake_parts(result: Mapping[str, Any]) -> list[object]:
    """What a load read, accepted, rejected and found twice, in rows and in money."""
    rows = ((name, result[name]["rows"], _amounts(result[name]["amount"])) for name in TALLIES)
    rejected = result["rejected"]["rows"]
    note = f"Why rows were rejected: {result['rejects_file']}" if rejected and result.get("rejects_file") else ""
    return [grid("Load", ("", "rows>", "amount>"), rows), *filter(None, [note])]


def _amounts(amounts: Mapping[str, str]) -> str:
    return "\n".join(money(amount, currency) for currency, amount in sorted(amounts.items()))


def facts_parts(title: str, result: Mapping[str, Any]) -> list[object]:
    """A flat result as names and values; lists by their length."""
    rows = ((plain(key), len(value) if isinstance(value, list) else value) for key, value in result.items())
    return [grid(title, ("", ">"), rows)]


def training_parts(result: Mapping[str, Any]) -> list[object]:
    """A trained model: its version, whether it became champion, its metrics."""
    became = "is now champion" if result["promoted"] else "was not promoted: the champion before it stays"
    rows = ((name, _figure(value)) for name, value in _flat(result["metrics"]))
    return [f"Model {result['model_version']} {became}.", grid("Metrics", ("metric", "value>"), rows)]


def _flat(metrics: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, object]]:
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def backtest_parts(result: Mapping[str, Any]) -> list[object]:
    """A table a target: the model and the naive rules by metric."""
    heads = ("", *(f"{metric}>" for metric in METRICS))
    targets = result["targets"].items()
    return [
        grid(
            f"Target {target}",
            heads,
            ([plain(who), *(_figure(m.get(metric)) for metric in METRICS)] for who, m in models.items()),
        )
        for target, models in targets
    ]


def _figure(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)


def leakage_parts(result: Mapping[str, Any]) -> list[object]:
    """How many pairs were checked, and every feature that moved."""
    violations = result["violations"]
    if not violations:
        return [f"{result['pairs_checked']} pairs checked: no feature looks ahead."]
    said = f"{result['pairs_checked']} pairs checked: {len(violations)} look ahead."
    keys = list(dict.fromkeys(key for violation in violations for key in violation))
    return [Text(said, style="bold"), grid("", keys, ([v.get(key) for key in keys] for v in violations))]


def explain_parts(result: Mapping[str, Any]) -> list[object]:
    """An invoice's risk, its curve at some days, the reasons and the features used."""
    risk = result["late_risk"]
    figures = ((plain(k), _figure(v)) for k, v in risk.items() if isinstance(v, int | float | str))
    reasons = ((r["text"], f"{r['weight']:+.2f}") for r in result["reasons"])
    features = ((k, _figure(v)) for k, v in result["features"].items())
    return [
        grid("Late risk", ("", ">"), figures),
        grid("Why", ("reason", "weight>"), reasons),
        grid("History used", ("feature", "value>"), features),
    ]


def aging_parts(result: Mapping[str, Any]) -> list[object]:
    """Aging by company and currency."""
    rows = (
        (
            f"{group['company_id']} {group['currency']}",
            plain(bucket["bucket"]),
            bucket["items"],
            money(bucket["open_amount"]),
            percent(bucket["share"]),
        )
        for group in result["groups"]
        for bucket in group["buckets"]
    )
    sums = [
        f"{g['company_id']} {g['currency']}: {money(g['open_amount'])} open, {percent(g['overdue_share'])} of it overdue, "
        f"{money(g['unapplied_amount'])} unapplied"
        for g in result["groups"]
    ]
    title = f"Aging at the end of {result['as_of']}"
    return [grid(title, ("company", "days past due", "items>", "open>", "share>"), rows), *sums, _basis(result)]


def dso_parts(result: Mapping[str, Any]) -> list[object]:
    """DSO and its kin, a column a company and currency."""
    groups = result["groups"]
    names = [name for name in groups[0] if name not in {"company_id", "currency"}] if groups else []
    rows = ([plain(name), *(_amount_or_days(group[name]) for group in groups)] for name in names)
    heads = ("", *(f"{group['company_id']} {group['currency']}>" for group in groups))
    title = f"DSO at the end of {result['as_of']}, over {result['days']} days"
    return [grid(title, heads, rows), _basis(result)]


def _amount_or_days(value: object) -> str:
    if value is None:
        return "not known"
    return money(value) if isinstance(value, str) else f"{value:.1f} days"


def _basis(result: Mapping[str, Any]) -> Text:
    return Text(f"Basis: {result['basis']}.", style="dim")

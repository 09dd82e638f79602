"""Loads, models, proofs and reports in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from riskpay.cli.grids import grid
from riskpay.reporting.wording import money, percent, words

METRICS = ("n", "base_rate", "roc_auc", "pr_auc", "brier", "ece")
TALLIES = ("read", "accepted", "rejected", "duplicates")


def intake_parts(result: Mapping[str, Any]) -> list[object]:
    """What a load read, accepted, rejected and found twice, in rows and in money."""
    rows = ((name, result[name]["rows"], _amounts(result[name]["amount"])) for name in TALLIES)
    rejected = result["rejected"]["rows"]
    note = f"Why rows were rejected: {result['rejects_file']}" if rejected and result.get("rejects_file") else ""
    return [grid("Load", ("", "rows>", "amount>"), rows), *filter(None, [note])]


def _amounts(amounts: Mapping[str, str]) -> str:
    return "\n".join(f"{money(amount)} {currency}" for currency, amount in sorted(amounts.items()))


def facts_parts(title: str, result: Mapping[str, Any]) -> list[object]:
    """A flat result as names and values; lists by their length."""
    rows = ((words(key), len(value) if isinstance(value, list) else value) for key, value in result.items())
    return [grid(title, ("", ">"), rows)]


def training_parts(result: Mapping[str, Any]) -> list[object]:
    """A trained model: its version, whether it became champion and why, its figures on the weeks held back."""
    became = _became(result)
    why = [Text(f"  {reason}", style="dim") for reason in result.get("why", ())]
    prior = "Prior model" if result.get("kind") == "prior" else "Model"
    matrix = matrix_parts(result["matrix"]) if "matrix" in result else []
    said = Text(f"{prior} {result['model_version']} {became}.", style="bold")
    return [said, *why, *matrix, *_targets(result["metrics"])]


def _became(result: Mapping[str, Any]) -> str:
    if not result["promoted"]:
        failed = ", ".join(result.get("failed", ()))
        instead = f"; prior model {result['stand_in']} stands in" if result.get("stand_in") else ""
        return "was registered but not promoted" + (f"; failed: {failed}" if failed else "") + instead
    if result.get("champion", True):
        return "is now champion"
    return f"answers for days up to the champion's, from {result['train_as_of']} on"


def matrix_parts(matrix: Mapping[str, Any]) -> list[object]:
    """Where the matrix that boosters learn from went, and its size."""
    said = f"{matrix['rows']:,} rows of {matrix['columns']} columns, of them {matrix['features']} features, in {matrix['path']}"
    return [Text(said)]


def backtest_parts(result: Mapping[str, Any]) -> list[object]:
    """A table a target: the model and the naive rules by metric."""
    return _targets(result["targets"])


def _targets(targets: Mapping[str, Any]) -> list[object]:
    heads = ("", *(f"{metric}>" for metric in METRICS))
    parts: list[object] = []
    for target, found in targets.items():
        if parts:
            parts.append("")
        models = {who: figures for who, figures in found.items() if who != "intervals"}
        rows = ([words(who), *(_figure(m.get(metric)) for metric in METRICS)] for who, m in models.items())
        parts += [grid(f"Target {target}", heads, rows), *_intervals(found.get("intervals", {}))]
    return parts


def _intervals(intervals: Mapping[str, Any]) -> list[Text]:
    """The 95 % intervals that drawing customers anew gives, in one line."""
    said = (f"{words(name)} {low:.3f} to {high:.3f}" for name, (low, high) in intervals.items())
    return [Text("95 % by customers: " + ", ".join(said), style="dim")] if intervals else []


def _figure(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else plain_value(value)


def plain_value(value: object) -> str:
    """A fact as people say it; nothing for one that is not there."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def leakage_parts(result: Mapping[str, Any]) -> list[object]:
    """How many pairs were checked, every feature that moved, and those that gave two answers to one question."""
    checked, violations, unstable = result["pairs_checked"], result["violations"], result.get("unstable", [])
    fewer = checked < result.get("pairs_wanted", checked)
    pairs = f"{checked} pairs checked" + (f" of {result['pairs_wanted']}: there are no more" if fewer else "")
    if not violations and not unstable:
        return [f"{pairs}: no feature looks ahead."]
    moved = len({violation["feature"] for violation in violations})
    parts: list[object] = [Text(f"{pairs}: {moved} look ahead.", style="bold")]
    if violations:
        parts.append(_moved("", violations))
    if unstable:
        title = (
            "Two answers to one question of one ledger (chance, a clock, something kept): nothing is proved of these"
        )
        parts.append(_moved(title, unstable))
    return parts


def _moved(title: str, found: list[Mapping[str, Any]]) -> object:
    heads = ("feature", "what was done", "cut", "invoice", "as of", "before>", "after>", "pairs>")
    keys = ("feature", "how", "cut", "invoice_id", "as_of", "before", "after", "pairs")
    return grid(title, heads, ([_short(violation.get(key)) for key in keys] for violation in found))


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else plain_value(value)


def aging_parts(result: Mapping[str, Any]) -> list[object]:
    """Aging by company and currency."""
    rows = (
        (
            f"{group['company_id']} {group['currency']}",
            words(bucket["bucket"]),
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
    rows = ([words(name), *(_amount_or_days(group[name]) for group in groups)] for name in names)
    heads = ("", *(f"{group['company_id']} {group['currency']}>" for group in groups))
    title = f"DSO at the end of {result['as_of']}, over {result['days']} days"
    return [grid(title, heads, rows), _basis(result)]


def _amount_or_days(value: object) -> str:
    if value is None:
        return "not known"
    return money(value) if isinstance(value, str) else f"{value:.1f} days"


def _basis(result: Mapping[str, Any]) -> Text:
    return Text(f"Basis: {result['basis']}.", style="dim")

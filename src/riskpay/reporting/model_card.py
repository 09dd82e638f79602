"""The model card as Markdown, and the model's signature: what goes in and what comes out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from riskpay.features.catalogue import FEATURES
from riskpay.reporting.panel_svg import svg
from riskpay.reporting.panels import pictures

MARK = "<!-- figures: make card -->"
MEASURES = ("n", "base_rate", "roc_auc", "pr_auc", "brier", "ece")
PREDICTORS = ("model", "naive_ratio", "naive_mean", "naive_constant")
TARGETS = {"late": "Late (paid after the due date)", "late_30": "More than 30 days late"}
TRUTH_MEASURES = ("mean_abs_error", "mean_error", "roc_auc", "pr_auc", "brier", "ece")
_BETTER = {"mean_abs_error": -1, "mean_error": -1, "roc_auc": 1, "pr_auc": 1, "brier": -1, "ece": -1}
_ANSWERS = {
    "p_late": "chance of not being paid by the due date plus the grace days",
    "p_unpaid_7": "chance of being unpaid 7 days from as_of",
    "p_unpaid_30": "chance of being unpaid 30 days from as_of",
    "p_unpaid_90": "chance of being unpaid 90 days from as_of",
}


def render(card: Mapping[str, Any]) -> str:
    """The model card of figures as ``golden_metrics.json`` holds them.

    ``card``: ``model`` (how it is grown), ``held_out`` (backtests by name, with title, and ``assessment`` where one was
    made; its pictures are ``plots``, in a folder of that name) and ``synthetic`` (worlds of known truth by scenario).
    """
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    # Markdown from our own figures and names: nothing in it comes from outside.
    env = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    env.filters["figure"] = figure
    env.filters["points"] = points
    worlds = card["synthetic"]["scenarios"]
    return (
        env.get_template("model_card.md").render(
            card=card,
            targets=TARGETS,
            predictors=PREDICTORS,
            measures=MEASURES,
            truth_measures=TRUTH_MEASURES,
            truth_errors=lambda who: _span([world["predictors"][who]["mean_abs_error"] for world in worlds.values()]),
            unbeaten=unbeaten(worlds),
            pictures_of=pictures,
        )
        + "\n"
    )


def plots(card: Mapping[str, Any]) -> dict[str, str]:
    """The card's pictures as SVG, by file name without folder; none of periods that were not assessed."""
    return {
        f"{name}_{picture}.svg": svg(drawn)
        for name, held in card["held_out"].items()
        if "assessment" in held
        for picture, drawn in pictures(held["assessment"]).items()
    }


def unbeaten(worlds: Mapping[str, Any]) -> list[str]:
    """Where a naive predictor is as good as the model or better: predictor, measure and scenario in words."""
    found = []
    for name, world in worlds.items():
        said = world["predictors"]
        for who in PREDICTORS[1:]:
            found += [
                f"{measure} of {who} in {name} ({figure(said[who][measure])} against {figure(said['model'][measure])})"
                for measure, sign in _BETTER.items()
                if sign * abs(said["model"][measure]) <= sign * abs(said[who][measure])
            ]
    return found


def _span(values: list[float]) -> str:
    return f"{figure(min(values))} to {figure(max(values))}"


def with_figures(page: str, card: Mapping[str, Any]) -> str:
    """``page`` with the table of figures between its two marks made anew; raises ValueError without them."""
    before, _, rest = page.partition(MARK)
    _, closed, after = rest.partition(MARK)
    if not closed:
        raise ValueError(f"the page has no two lines {MARK}")
    return f"{before}{MARK}\n{_table(card)}{MARK}{after}"


def _table(card: Mapping[str, Any]) -> str:
    heads = ("ROC-AUC", "PR-AUC", "Brier", "ECE")
    rows = [f"| late payment on held-out items | | {' | '.join(heads)} |", f"|---|---|{'---:|' * len(heads)}"]
    for held in card["held_out"].values():
        for who in ("model", "naive_ratio", "naive_mean"):
            found = held["targets"]["late"][who]
            title = f"{held['title']}, {found['n']:,} items" if who == "model" else ""
            shown = " | ".join(figure(found[measure]) for measure in ("roc_auc", "pr_auc", "brier", "ece"))
            rows.append(f"| {title} | {who} | {shown} |")
    return "\n".join([*rows, ""])


def figure(value: float | None) -> str:
    """A figure in four digits, a count as it is; empty where nothing could be measured."""
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}"


def points(share: float) -> str:
    """A size in points of probability: 0.0342 -> 3.42."""
    return f"{100 * share:.2f}"


def signature() -> dict[str, list[dict[str, str]]]:
    """Columns that the registered model takes, in order, and columns that it gives, with types and units."""
    days = [{"name": name, "type": "date", "unit": "ISO"} for name in ("as_of", "due_date")]
    features = [{"name": f.name, "type": "double", "unit": f.unit} for f in FEATURES]
    answers = [{"name": name, "type": "double", "meaning": meaning} for name, meaning in _ANSWERS.items()]
    return {"inputs": days + features, "outputs": answers}

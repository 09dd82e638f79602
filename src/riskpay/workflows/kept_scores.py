"""The scores of daily runs: kept with the run, cleared when they are old, and read back each day's once."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from riskpay.store.database import Store
from riskpay.store.engine import writing
from riskpay.store.score_files import ScoreFiles
from riskpay.workflows.book import Scored
from riskpay.workflows.home import Home


def keep_scores(home: Home, run_id: str, scored: Scored) -> None:
    """Write what a run said of each open item; nothing where no model said anything, or none are to be kept.

    To be called as the last step of the run's transaction: what fails before leaves no file, what fails after
    leaves one that counts for nothing.
    """
    if scored.risks is None or not home.settings.keep_scores_days:
        return
    said = scored.risks.items.drop("company_id", "invoice_id", "instalment")
    items = scored.items.select(pl.exclude(said.columns))
    scores = items.hstack(said).with_columns(
        as_of=pl.lit(scored.risks.as_of),
        # 60 days are not among the columns of every risk table.
        p_unpaid_60=pl.Series(scored.risks.unpaid[:, 60].astype(np.float64)),
        model_version=pl.lit(scored.risks.model_version),
    )
    ScoreFiles(home.settings.home).write(run_id, scores.drop("amount", "days_past_due", "age_days", "is_new"))


def clear_scores(home: Home, store: Store) -> None:
    """Remove scores of runs that were stopped, that a later run of the day replaced, and of days long gone."""
    files = ScoreFiles(home.settings.home)
    if not files.kept():
        return
    # No other run may be between its file and its commit: its scores would be taken for those of a stopped one.
    with writing(store.engine):
        counting = files.counting(store.runs.since(date.min))
        newest = max((run.as_of for run in counting), default=date.min)
        oldest = newest - min(timedelta(days=home.settings.keep_scores_days), newest - date.min)
        files.clear({run.run_id for run in counting if run.as_of >= oldest})


def read_scores(home: Home, store: Store, first: date, last: date) -> pl.DataFrame:
    """Scores of the days from ``first`` to ``last``, both included, each day's newest, in order of day."""
    files = ScoreFiles(home.settings.home)
    runs = [run for run in files.counting(store.runs.since(first)) if run.as_of <= last]
    return files.read([run.run_id for run in runs])


def first_kept(home: Home, store: Store) -> date | None:
    """The first day whose scores are kept; None where none are."""
    counting = ScoreFiles(home.settings.home).counting(store.runs.since(date.min))
    return counting[0].as_of if counting else None

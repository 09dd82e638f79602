"""The hazard model's late probability against a classifier made for nothing else, on the same features."""

from datetime import date

import lightgbm as lgb
import numpy as np
import pytest

from riskpay.features.catalogue import FEATURE_NAMES
from riskpay.features.labels import outcomes
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.columns import CLOCKS
from riskpay.model.evaluation import brier, paired
from riskpay.model.testing import issued_between
from riskpay.model.training import TrainSettings, ask, ask_landmarks, fit_model
from riskpay.sources.intake import read_source
from riskpay.sources.mapping import load_mapping

CUTOFF, UNTIL = date(2019, 8, 1), date(2019, 9, 30)


@pytest.mark.real
@pytest.mark.slow
def test_late_probability_is_no_worse_than_a_dedicated_classifier(shared):
    frames = read_source(
        shared / "data" / "highradius_sample_b.csv", load_mapping("highradius"), date(2020, 4, 1)
    ).frames
    ledger = Ledger.of({name: frame for name, frame in frames.items() if name in Ledger.__dataclass_fields__})
    settings = TrainSettings()
    asked = ask_landmarks(ledger, CUTOFF, settings)
    model = fit_model(ledger, asked, CUTOFF, settings)
    known = latest(item_states(ledger.known(CUTOFF, "start")))
    training = outcomes(asked.frame.filter("at_issue"), known, 0, CUTOFF, settings.lag_days)
    test = outcomes(
        ask(ledger, issued_between(ledger, CUTOFF, UNTIL), settings).frame,
        latest(item_states(ledger)),
        0,
        ledger.last_known_on(),
        settings.lag_days,
    )
    names = [name for name in FEATURE_NAMES if name not in CLOCKS]
    parameters = settings.hazard.parameters(training.height)
    grown = [
        lgb.train(
            parameters | {"seed": seed},
            lgb.Dataset(training.select(names).to_numpy(), training["happened"].to_numpy().astype(float)),
            num_boost_round=model.rounds[0],
        )
        for seed in (1, 2)
    ]
    dedicated = np.mean([booster.predict(test.select(names).to_numpy()) for booster in grown], axis=0)
    ours = model.p_late(test)
    happened = test["happened"].to_numpy()
    customers = test["customer_id"].rank("dense").to_numpy().astype(np.int64)
    worse, _ = paired(happened, ours, dedicated, customers, brier)
    assert worse <= 0, "the whole interval of the Brier difference lies above 0"
    assert brier(happened, ours) <= brier(happened, dedicated) + 0.001

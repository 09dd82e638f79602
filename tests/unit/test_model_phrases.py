"""Values of features in plain words."""

import pytest

from riskpay.features.catalogue import FEATURES
from riskpay.model.phrases import said

SHARE = next(feature for feature in FEATURES if feature.unit == "share")


@pytest.mark.parametrize(
    ("value", "text"), [(None, "not known"), (-1e-17, "0 %"), (0.004, "0 %"), (0.126, "13 %"), (1.0, "100 %")]
)
def test_a_share_is_a_whole_percentage_and_never_a_zero_with_a_sign(value, text):
    assert said(SHARE, value) == text

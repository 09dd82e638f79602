"""Exactly one segment, by the first rule that holds, with hysteresis on the late share."""

from dataclasses import replace

import pytest

from riskpay.decisions.policy_file import load_policy
from riskpay.decisions.segments import CustomerFacts, segment_of

POLICY = load_policy("grace_days: 0")
PLAIN = CustomerFacts("company", strategic=False, settled_count=20, late_share=0.1, risk=0.1, exposure=1000.0)


@pytest.mark.parametrize(
    ("changed", "segment"),
    [
        ({}, "reliable"),
        ({"debtor_type": "consumer", "strategic": True}, "natural_person"),
        ({"debtor_type": "sole_trader"}, "natural_person"),
        ({"debtor_type": "guarantor"}, "natural_person"),
        ({"debtor_type": "unknown"}, "reliable"),
        ({"strategic": True, "settled_count": 0}, "strategic"),
        ({"settled_count": 2, "risk": 0.9, "exposure": 90_000.0}, "new"),
        ({"settled_count": 3}, "reliable"),
        ({"risk": 0.6, "exposure": 50_000.0, "late_share": 0.9}, "high_risk"),
        ({"risk": 0.59, "exposure": 50_000.0, "late_share": 0.9}, "habitually_late"),
        ({"risk": 0.6, "exposure": 49_999.99, "late_share": 0.9}, "habitually_late"),
        ({"risk": None, "exposure": 90_000.0}, "reliable"),
        ({"late_share": 0.5}, "habitually_late"),
        ({"late_share": 0.4999}, "occasionally_late"),
        ({"late_share": 0.2}, "occasionally_late"),
        ({"late_share": 0.1999}, "reliable"),
    ],
)
def test_the_first_rule_that_holds(changed, segment):
    found, rule = segment_of(replace(PLAIN, **changed), POLICY)
    assert found == segment
    assert rule


@pytest.mark.parametrize(
    ("share", "previous", "segment"),
    [
        (0.52, None, "habitually_late"),
        (0.52, "occasionally_late", "occasionally_late"),
        (0.551, "occasionally_late", "habitually_late"),
        (0.47, "habitually_late", "habitually_late"),
        (0.449, "habitually_late", "occasionally_late"),
        (0.22, "reliable", "reliable"),
        (0.251, "reliable", "occasionally_late"),
        (0.17, "occasionally_late", "occasionally_late"),
        (0.149, "occasionally_late", "reliable"),
        (0.1, "habitually_late", "reliable"),
        (0.9, "reliable", "habitually_late"),
        (0.52, "new", "habitually_late"),
        (0.52, "retired segment", "habitually_late"),
    ],
)
def test_a_customer_near_a_threshold_stays(share, previous, segment):
    assert segment_of(replace(PLAIN, late_share=share), POLICY, previous)[0] == segment


def test_the_rule_says_when_hysteresis_decided():
    assert "kept within" in segment_of(replace(PLAIN, late_share=0.52), POLICY, "occasionally_late")[1]
    assert "kept within" not in segment_of(replace(PLAIN, late_share=0.52), POLICY)[1]

"""Index, test and correction against figures worked out by hand."""

from math import log, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.model.drift import SHARE_FLOOR, Binning, corrected, kolmogorov_smirnov, psi, shares


def array(*values):
    return np.array(values, dtype=np.float64)


def test_the_index_of_two_bins_by_hand():
    # (.25 - .5) ln(.25 / .5) + (.75 - .5) ln(.75 / .5) = .1733 + .1014
    assert psi(array(50, 50), array(25, 75)) == pytest.approx(0.25 * log(2) + 0.25 * log(1.5))
    assert psi(array(50, 50), array(25, 75)) == pytest.approx(0.2747, abs=1e-4)


def test_counts_need_not_be_of_the_same_size():
    assert psi(array(500, 500), array(1, 3)) == pytest.approx(psi(array(50, 50), array(25, 75)))


def test_an_empty_bin_counts_as_the_floor():
    floor = SHARE_FLOOR
    expected = (floor - 0.5) * log(floor / 0.5) + (1.0 - 0.5) * log(1.0 / 0.5)
    assert psi(array(5, 5), array(0, 10)) == pytest.approx(expected)
    assert psi(array(0, 10), array(5, 5)) == pytest.approx(expected)


def test_no_rows_have_no_shares():
    assert shares(array(0, 0)).tolist() == [0, 0]


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_the_index_is_symmetric_never_negative_and_0_for_the_same(counts, random):
    before = array(*counts)
    now = array(*random.sample(counts, len(counts)))
    assert psi(before, before) == pytest.approx(0)
    assert psi(before, now) >= 0
    assert psi(before, now) == pytest.approx(float(psi(now, before)))


def test_bins_are_tenths_of_the_reference_and_open_at_both_ends():
    binning = Binning.of(np.arange(1.0, 101.0))
    assert binning.edges == (10, 20, 30, 40, 50, 60, 70, 80, 90)
    assert binning.counts(np.arange(1.0, 101.0)).tolist() == [0] + [10] * 10
    assert binning.places(array(-5, 10, 10.5, 90, 1000, nan)).tolist() == [1, 1, 2, 9, 10, 0]


def test_a_value_held_by_many_has_a_bin_of_its_own():
    binning = Binning.of(array(*[0.0] * 60, *[1.0] * 40))
    found = binning.places(array(-1, 0, 0.5, 1, 2))
    assert len(set(found.tolist())) == 5
    assert binning.counts(array(*[0.0] * 6, *[1.0] * 4)).sum() == 10


def test_a_constant_column_that_changes_is_seen():
    binning = Binning.of(np.full(50, 3.0))
    before = binning.counts(np.full(50, 3.0))
    for other in (2.0, 4.0, nan):
        assert psi(before, binning.counts(np.full(50, other))) > 1


def test_null_has_a_bin_of_its_own_and_its_share_counts():
    values = np.where(np.arange(100) < 50, nan, np.arange(100.0))
    binning = Binning.of(values)
    assert binning.counts(values)[0] == 50
    fewer = np.where(np.arange(100) < 20, nan, np.arange(100.0))
    assert psi(binning.counts(values), binning.counts(fewer)) > 0.25


def test_a_column_never_filled_has_two_bins():
    binning = Binning.of(np.full(10, nan))
    assert (binning.edges, binning.size) == ((), 2)
    assert binning.counts(array(nan, 1, 2)).tolist() == [1, 2]


def test_the_two_sample_distance_by_hand():
    # Of 1 2 3 4 half lie at or below 2, of 3 4 5 6 none.
    distance, p = kolmogorov_smirnov(array(1, 2, 3, 4), array(3, 4, 5, 6))
    assert distance == pytest.approx(0.5)
    assert 0.3 < p <= 1


def test_the_test_counts_null_as_a_value():
    distance, p = kolmogorov_smirnov(array(*[nan] * 50, *[1.0] * 50), array(*[1.0] * 100))
    assert distance == pytest.approx(0.5)
    assert p < 1e-6
    assert kolmogorov_smirnov(array(nan, nan), array(nan))[0] == 0


def test_without_rows_nothing_is_found():
    assert kolmogorov_smirnov(array(), array(1, 2)) == (0, 1)


def test_the_test_finds_at_its_level_what_is_the_same():
    rng = np.random.default_rng(5)
    p = [kolmogorov_smirnov(rng.normal(size=300), rng.normal(size=200))[1] for _ in range(400)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_the_correction_of_benjamini_and_hochberg_by_hand():
    # Sorted .01 .03 .04 .5: .01 x 4/1, .03 x 4/2, .04 x 4/3, .5 x 4/4, each no larger than what follows it.
    assert corrected(array(0.01, 0.04, 0.03, 0.5)).tolist() == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert len(corrected(array())) == 0

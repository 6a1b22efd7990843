"""Uniqueness, attribution and the sequential bootstrap against definitions and known figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.labels import (
    average_uniqueness,
    concurrency,
    draw_probabilities,
    return_attribution_weights,
    sequential_bootstrap,
    uniqueness_weights,
)

from .slow_reference import label_uniqueness, next_draw, own_return

START, END = [0, 2, 4], [3, 4, 6]
SPANS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 8)).map(lambda s: (s[0], s[0] + s[1])),
    min_size=1,
    max_size=15,
)


def test_known_figures_of_three_labels():
    assert average_uniqueness(START, END) == pytest.approx([5 / 6, 3 / 4, 1], abs=1e-15)
    chances = draw_probabilities(START, END, drawn=[1])
    assert chances == pytest.approx([5 / 14, 3 / 14, 6 / 14], abs=1e-15)
    assert draw_probabilities(START, END) == pytest.approx([1 / 3] * 3, abs=1e-15)


@settings(deadline=None)
@given(SPANS, st.integers(0, 5))
def test_uniqueness_equals_its_definition(spans, spare):
    start, end = zip(*spans, strict=True)
    n_bars = max(end) + spare
    held = [sum(a <= t < b for a, b in spans) for t in range(n_bars)]
    assert concurrency(start, end, n_bars).tolist() == held
    found = average_uniqueness(start, end, n_bars)
    assert found == pytest.approx([float(u) for u in label_uniqueness(spans)], abs=1e-12)
    assert (found > 0).all()
    assert (found <= 1).all()
    assert uniqueness_weights(start, end) == pytest.approx(found / found.mean(), abs=1e-12)


@settings(deadline=None)
@given(SPANS, st.integers(0, 10**6))
def test_attribution_equals_its_definition(spans, seed):
    start, end = zip(*spans, strict=True)
    returns = np.random.default_rng(seed).normal(0, 0.01, max(end))
    expected = np.array([float(r) for r in own_return(spans, returns)])
    found = return_attribution_weights(start, end, returns)
    assert found == pytest.approx(expected / expected.mean(), rel=1e-6, abs=1e-9)


@settings(deadline=None)
@given(SPANS, st.lists(st.integers(0, 14), max_size=6))
def test_draw_probabilities_equal_their_definition(spans, drawn):
    start, end = zip(*spans, strict=True)
    before = [d % len(spans) for d in drawn]
    expected = [float(p) for p in next_draw(spans, before)]
    assert draw_probabilities(start, end, before) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(SPANS, st.integers(0, 10**6))
def test_the_bootstrap_draws_by_these_probabilities(spans, seed):
    start, end = zip(*spans, strict=True)
    found = sequential_bootstrap(start, end, n=8, seed=seed)
    drawn = []
    for u in np.random.default_rng(seed).random(8):
        chances = np.cumsum([float(p) for p in next_draw(spans, drawn)])
        drawn.append(min(int(np.searchsorted(chances, u, side="right")), len(spans) - 1))
    assert found.tolist() == drawn


def test_sequential_draws_overlap_less_than_independent_ones():
    """Monte Carlo of Lopez de Prado (2018), section 4.5.3, with fixed seeds."""
    rng = np.random.default_rng(0)
    gain = []
    for seed in range(200):
        start = rng.integers(0, 100, 10)
        end = start + rng.integers(1, 6, 10)
        in_turn = sequential_bootstrap(start, end, seed=seed)
        apart = rng.integers(0, 10, 10)
        gain.append(
            average_uniqueness(start[in_turn], end[in_turn]).mean()
            - average_uniqueness(start[apart], end[apart]).mean()
        )
    assert np.mean(gain) > 3 * np.std(gain) / np.sqrt(len(gain))


def test_a_seed_gives_the_same_draws():
    assert sequential_bootstrap(START, END, 50, 3).tolist() == [
        *sequential_bootstrap(START, END, 50, 3)
    ]
    assert (
        sequential_bootstrap(START, END, 50, 4) != sequential_bootstrap(START, END, 50, 3)
    ).any()
    assert sequential_bootstrap(START, END).shape == (3,)


@pytest.mark.parametrize(
    ("start", "end", "n_bars", "message"),
    [
        ([0, 1], [2], None, "start has 2 labels and end has 1"),
        ([0, 3], [2, 3], None, "label 1 runs from bar 3 to before bar 3 and has no bar"),
        ([-1], [2], None, "outside the bars from 0 to before 2"),
        ([0], [5], 4, "outside the bars from 0 to before 4"),
        ([0.0], [2.0], None, "start must be a list of whole numbers"),
        ([[0]], [[1]], None, r"found shape \(1, 1\)"),
    ],
)
def test_spans_that_are_none(start, end, n_bars, message):
    for measure in (concurrency, average_uniqueness, uniqueness_weights):
        with pytest.raises(ValueError, match=message):
            measure(start, end, n_bars)


def test_errors_of_draws_and_returns():
    with pytest.raises(ValueError, match=r"drawn holds \[3\]; labels are numbered 0 to 2"):
        draw_probabilities(START, END, drawn=[3])
    with pytest.raises(ValueError, match="cannot draw 0 of 0 labels"):
        sequential_bootstrap([], [])
    with pytest.raises(ValueError, match="cannot draw -1 of 3 labels"):
        sequential_bootstrap(START, END, -1)
    with pytest.raises(ValueError, match="the return of bar 1 is nan, and 1 labels use it"):
        return_attribution_weights([0], [2], [0.0, np.nan])


@pytest.mark.parametrize(
    "drawn", [[True, False, False], np.array([False, True, False]), [0.7], [1.0], "1"]
)
def test_what_was_drawn_is_told_by_whole_numbers(drawn):
    with pytest.raises(ValueError, match="drawn must be a list of whole numbers"):
        draw_probabilities(START, END, drawn=drawn)


@pytest.mark.parametrize("wrong", [2.9, 6.0, "6", True])
def test_counts_are_whole_numbers(wrong):
    with pytest.raises(TypeError, match="give a whole number of bars"):
        draw_probabilities(START, END, n_bars=wrong)
    with pytest.raises(TypeError, match="give a whole number of bars"):
        average_uniqueness(START, END, wrong)
    with pytest.raises(TypeError, match="give a whole number of draws"):
        sequential_bootstrap(START, END, wrong)


def test_returns_are_numbers():
    with pytest.raises(TypeError, match="returns hold 'a'; give numbers"):
        return_attribution_weights([0], [2], ["a", "b"])


def test_no_labels_have_no_weights():
    assert average_uniqueness([], []).tolist() == []
    assert draw_probabilities([], []).tolist() == []
    assert return_attribution_weights([0], [2], [0.0, 0.0]).tolist() == [1.0]

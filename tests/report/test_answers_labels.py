"""Each sentence on stability, delay and use of the labels says what its numbers say."""

import copy

import pytest

from regime_factory.report import answers_labels as say

from .fabricated_card import LABELS, honesty_card


@pytest.fixture
def card():
    return copy.deepcopy(honesty_card(("Calm", "Choppy", "Stress")))


def test_stability(card):
    figures = card["stability"]
    assert say.stability_answer(figures) == (
        "Fits on windows that share half of their bars agree 0.62 on average and 0.44 at worst "
        "(1 is identical, 0 is chance); later bars revise 7.1% of the live labels, and the label "
        "switches 11.2 times a year."
    )
    figures["overlap_mean"] = None
    assert say.stability_answer(figures).startswith("There are too few bars for windows")


def test_trading(card):
    figures = card["trading"]
    assert say.trading_answer(figures) == (
        'The net Sharpe of "Long or flat by regime" differs by −0.02 against buy & hold '  # noqa: RUF001
        "(−0.23 to +0.18, not distinguishable) and −0.29 against the EWMA volatility target "  # noqa: RUF001
        "(−0.47 to −0.08); random shifts of its positions give p = 35%."  # noqa: RUF001
    )
    figures["random_timing"] = {"p_value": None, "draws": 0}
    assert "random shifts" not in say.trading_answer(figures)


def test_churn(card):
    assert say.churn_answer(card["churn"], LABELS) == (
        "Confirmation takes the label's switches from 26.9 to 11.2 a year, and the cost of trading "
        'them ("Long or flat by regime") from 1.87% to 0.68% a year.'
    )


def test_tried(card):
    figures = card["tried"]
    assert say.tried_answer(figures, LABELS) == (
        "12 configurations were tried before these bars: 8 models and 4 strategies; the best mean "
        'return of the 3 strategies and baselines, "Volatility threshold", does not beat buy & '
        "hold once all are counted: SPA p = 83%."
    )
    figures.update(p_value=0.012, strategies=1)
    said = say.tried_answer(figures, LABELS)
    assert "8 models and 1 strategy;" in said
    assert "beats buy & hold once all are counted: SPA p = 1%." in said
    figures.update(p_value=None, best=None, n_compared=0)
    assert "none of them differs from buy & hold" in say.tried_answer(figures, LABELS)


def test_truth(card):
    figures = card["truth"]
    assert say.truth_answer(figures) == (
        "In simulated markets of 3 known states half of the 137 switches are seen within 2 bars, "
        "7% are missed and 4% of the label's switches are false; 96.2% of the labels are right, "
        "97.0% before confirmation and 99.1% with hindsight."
    )
    figures["confirmed"]["median_delay"] = None
    assert "fewer than half of the switches are seen before the next" in say.truth_answer(figures)
    figures.update(n_states=1, true_switches=0)
    assert say.truth_answer(figures).startswith("In simulated markets of 1 known state 96.2%")


def test_detectors(card):
    assert say.detectors_answer(card["detectors"]) == (
        "Of 3 detectors on the same bars, the volatility threshold has the lowest QLIKE (−8.120; "  # noqa: RUF001
        "the run's hidden Markov model −8.100), and labels switch 3.4 to 11.4 times a year."  # noqa: RUF001
    )
    assert "(−8.100), and" in say.detectors_answer(card["detectors"][:1])  # noqa: RUF001
    for row in card["detectors"]:
        row["qlike"] = None
    assert say.detectors_answer(card["detectors"]) == (
        "Of 3 detectors on the same bars, labels switch 3.4 to 11.4 times a year."
    )

"""Each sentence of the honesty section says what its numbers say."""

import copy

import pytest

from regime_factory.report import answers_honesty as say

from .fabricated_card import honesty_card


@pytest.fixture
def card():
    return copy.deepcopy(honesty_card(("Calm", "Choppy", "Stress")))


def test_what_the_regimes_are_worth(card):
    assert say.worth_answer(card) == (
        "Against 6 simpler forecasts of risk, the regimes are better beyond the 95% interval in 2, "
        "worse in 1 and not distinguishable in 3."
    )
    for row in card["drawdowns"]["brier"].values():
        row.update(dict.fromkeys(row))
    assert say.worth_answer(card).startswith("Against 4 simpler forecasts")


def test_volatility(card):
    assert say.volatility_answer(card["volatility"]) == (
        "The variance that the regimes forecast has a lower QLIKE than the volatility threshold "
        "(by 0.142, t = −4.2), a higher QLIKE than HAR (by 0.083, t = +2.7) and one not "  # noqa: RUF001
        "distinguishable from EWMA (+0.004, t = +0.1) and GARCH(1,1) (+0.033, t = +1.0)."
    )
    for row in card["volatility"]["yardsticks"]:
        row["distinguishable"] = False
    assert "has a QLIKE not distinguishable from EWMA" in say.volatility_answer(card["volatility"])


def test_drawdowns(card):
    assert say.drawdown_answer(card["drawdowns"]) == (
        "A drawdown of 5% within 20 bars followed 56% of the bars in Stress (49% to 67%) and 16% "
        "of the bars in Calm (9% to 27%); as a forecast their Brier skill is +15.6% against the "
        "unconditional share (+6.3% to +24.5%) and +2.8% against volatility deciles "
        "(−3.5% to +9.1%, not distinguishable)."  # noqa: RUF001
    )


def test_drawdowns_that_do_not_differ_or_never_came(card):
    figures = card["drawdowns"]
    figures["distinguishable"] = False
    assert "(9% to 27%), not distinguishable; as a forecast" in say.drawdown_answer(figures)
    figures["share"] = 0.0
    assert say.drawdown_answer(figures) == (
        "No drawdown of 5% within 20 bars followed any of these bars."
    )


def test_a_single_state_is_named_once(card):
    figures = card["drawdowns"]
    figures.update(states=figures["states"][:1], distinguishable=None)
    assert say.drawdown_answer(figures).count("of the bars in") == 1
    returns = card["returns"]
    returns.update(states=returns["states"][:1], distinguishable=None)
    assert say.return_answer(returns) == (
        "The mean return of the next 20 bars was +0.3% after Calm (−0.3% to +0.9%)."  # noqa: RUF001
    )


def test_returns(card):
    figures = card["returns"]
    assert say.return_answer(figures) == (
        "The mean return of the next 20 bars was −0.5% after Stress (−4.3% to +2.9%) and +0.3% "  # noqa: RUF001
        "after Calm (−0.3% to +0.9%): not distinguishable (difference −0.7%, −3.7% to +2.1%)."  # noqa: RUF001
    )
    figures.update(distinguishable=True, difference_upper=-0.001)
    assert say.return_answer(figures).endswith(
        ": a difference of −0.7% (−3.7% to −0.1%)."  # noqa: RUF001
    )


def test_a_state_without_bars_is_left_out(card):
    card["returns"]["states"][-1].update(bars=0, mean=None, lower=None, upper=None)
    card["returns"]["distinguishable"] = None
    assert "Stress" not in say.return_answer(card["returns"])


def test_reaction(card):
    figures = card["reaction"]
    assert say.reaction_answer(figures) == (
        "The label was in Stress before 10% were lost in 1 of 2 large drawdowns, with a median of "
        "64 bars from the start; randomly shifted labels were in 35%, after 178 bars (p = 11%)."
    )
    assert "has one state" in say.reaction_answer(None)
    figures["episodes"] = []
    assert say.reaction_answer(figures) == (
        "Prices never fell 10% below a high of these bars: nothing to react to."
    )

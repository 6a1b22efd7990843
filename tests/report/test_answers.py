"""Each answer sentence says what its numbers say."""

import pytest

from regime_factory.report import answers, answers_regimes

LEAKAGE = {
    "clean": True,
    "cuts": 15,
    "stages": [
        {"stage": "features", "result": "clean", "evidence": "15 cuts", "control": False},
        {"stage": "smoothed", "result": "leak", "evidence": "0.57", "control": True},
    ],
    "first_stage": None,
    "cut": None,
    "size": None,
}


@pytest.mark.parametrize(
    ("last", "said"),
    [(1.5, "inside the grey band"), (9.0, "above the grey band"), (0.1, "below the grey band")],
)
def test_money_against_the_band(payload, last, said):
    page = payload["symbols"][0]
    page["growth"].update(net=[last], lower=[1.0], upper=[2.0])
    answer = answers.money_answer(page)
    assert said in answer
    assert "+5.1% a year" in answer


def test_money_without_a_band(payload):
    page = payload["symbols"][0]
    page["growth"].update(lower=[None], upper=[None])
    assert "No random-timing band" in answers.money_answer(page)


@pytest.mark.parametrize(
    ("fill", "said"),
    [("next_close", "close of t+1"), ("next_open", "open of t+1"), ("signal_close", "optimistic")],
)
def test_money_footer_names_costs_and_fill(payload, fill, said):
    payload["meta"]["costs"]["fill"] = fill
    footer = answers.money_footer(payload["meta"], payload["symbols"][0])
    assert "Net of 7 bp per unit traded (5 fee, 2 slippage)." in footer
    assert said in footer
    assert "600 circular shifts" in footer


def test_interval_footer(payload):
    page = payload["symbols"][0]
    assert answers.interval_footer({"interval": "Mine."}, page) == "Mine."
    assert answers.interval_footer({}, page) == ""
    page["performance"]["conventions"] = [{"name": "Sharpe interval", "value": "95%"}]
    assert answers.interval_footer({}, page) == "Intervals: 95%."


def test_strategies(payload):
    rows = [
        {"name": n, "label": n.upper(), "sharpe_difference_interval": b}
        for n, b in (("a", [0.1, 0.4]), ("b", [-0.4, -0.1]), ("bh", [None, None]), ("c", None))
    ]
    said = answers.strategy_answer(rows, "bh", "a")
    assert '"A" beat and "B" trail buy & hold' in said
    assert 'This run trades "A"' in said
    assert "it does not differ" in answers.strategy_answer(rows[2:], "bh", "c")


@pytest.mark.parametrize(
    ("against", "first", "said"),
    [
        (10.2, 0.5, "Break-even with buy & hold is about 10 bp and with zero about 60 bp"),
        (None, 0.3, "Even without its own costs it does not beat buy & hold"),
        (None, 0.9, "Up to 50 bp it stays ahead of buy & hold"),
        (None, None, "There is no Sharpe ratio"),
    ],
)
def test_costs(against, first, said):
    curve = {
        "bps": [0, 50],
        "sharpe": [first, 0.1],
        "assumed_bps": 7.0,
        "break_even_bps": 60.0,
        "break_even_vs_benchmark_bps": against,
    }
    assert answers.cost_answer(curve, 0.4).startswith(said)


def test_the_future():
    assert answers.future_answer(None).startswith("The whole-run audit was not run")
    assert "the planted leak was caught" in answers.future_answer(LEAKAGE)
    uncontrolled = {**LEAKAGE, "stages": LEAKAGE["stages"][:1]}
    assert "no planted leak was tried" in answers.future_answer(uncontrolled)
    missed = {**LEAKAGE, "stages": [{**LEAKAGE["stages"][1], "result": "clean"}]}
    assert "was missed" in answers.future_answer(missed)
    leaky = {**LEAKAGE, "clean": False, "first_stage": "labels"}
    assert answers.future_answer(leaky).startswith("Yes: the future leaks into labels.")


def state(name, vol, low, high):
    return {"regime": name, "vol_annual": vol, "mean_lower": low, "mean_upper": high}


def test_regimes():
    calm, wild = state("Calm", 0.1, 0.0, 0.2), state("Stress", 0.3, -0.2, 0.5)
    said = answers_regimes.regimes_answer([calm, wild])
    assert said == (
        "The two regimes differ clearly in volatility (10% and 30%) but not in mean return: "
        "both intervals overlap."
    )
    apart = answers_regimes.regimes_answer([calm, state("Stress", 0.12, 0.3, 0.5)])
    assert "differ little in volatility" in apart
    assert "but also in mean return" in apart
    unknown = answers_regimes.regimes_answer([calm, state("Stress", 0.3, None, None)])
    assert unknown.endswith("(10% and 30%).")
    assert "No regime figures" in answers_regimes.regimes_answer([])


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.2, 0.5, "does not mean falling"),
        (-0.2, -0.1, "meant falling"),
        (0.1, 0.2, "meant rising"),
        (None, None, "not computed"),
    ],
)
def test_returns_of_the_wildest_regime(low, high, said):
    assert said in answers_regimes.return_answer([state("Stress", 0.3, low, high)])


def test_transitions_and_stability(payload):
    assert "94 to 98% stay" in answers_regimes.transition_answer([[0.976, 0.024], [0.063, 0.937]])
    assert ", 90% stay" in answers_regimes.transition_answer([[0.9, 0.1], [0.1, 0.9]])
    page = payload["symbols"][0]
    assert "0.95 on average and 0.62 at worst" in answers_regimes.honesty_answer(page)
    page["honesty"] = {}
    assert "not measured" in answers_regimes.honesty_answer(page)
    few = {"ts": ["a"] * 24, "values": [], "observed": 4, "over_90": 0.25}
    said = answers_regimes.probability_answer(few)
    assert said == "Often unsure: the leading regime had over 90% on 25% of the 4 observed bars."


def cell(n, bic, *, selected=False):
    return {"n_states": n, "covariance_type": "full", "bic": bic, "selected": selected}


def test_model_choice():
    grid = [cell(2, 10.0), cell(3, 5.0, selected=True)]
    said = answers_regimes.model_answer(grid, [cell(4, 1.0), cell(5, 0.0)])
    assert said.startswith("Three states with full covariances: the lowest BIC of the 2 cells")
    assert "do not identify the number of states" in said
    inner = answers_regimes.model_answer(grid, [cell(4, 6.0), cell(5, 7.0)])
    assert "BIC is best at 3, so the data support this number." in inner
    outside = answers_regimes.model_answer(grid, [cell(4, 1.0), cell(5, 7.0)])
    assert "BIC is best at 4 (4 lower in BIC than with the 3 chosen), so the data" in outside
    assert "so the data support another number than the 3 chosen." in outside
    sparse = answers_regimes.model_answer([cell(2, 10.0, selected=True), cell(3, 5.0)], [])
    assert "have a state that holds too few bars" in sparse
    assert "given, not chosen" in answers_regimes.model_answer([], [])


def test_what_the_choice_stored_is_printed():
    heavy = cell(3, 5.0, selected=True) | {"emission": "student_t"}
    stored = {"why": "the lowest ICL of 2 models", "identified": {"sentence": "Only said here."}}
    said = answers_regimes.model_answer([cell(2, 1.0), heavy], [], stored)
    assert said == (
        "Three states with full covariances and Student-t emission: the lowest ICL of 2 models. "
        "Only said here."
    )


def test_a_strategy_set_by_hand_is_not_called_chosen():
    rows = [
        {"name": name, "label": name, "sharpe_difference_interval": [-1.0, 1.0]}
        for name in ("a", "hold")
    ]
    assert "set by hand" in answers.strategy_answer(rows, "hold", "a", 1)
    assert "chosen before the span" in answers.strategy_answer(rows, "hold", "a", 4)


def test_several_labels_are_told_apart_by_quotes():
    rows = [
        {"name": n, "label": n, "sharpe_difference_interval": [-0.4, -0.1]}
        for n in ("Long, flat, short", "Long or flat")
    ]
    said = answers.strategy_answer(rows, "hold", "Long or flat")
    assert '"Long, flat, short" and "Long or flat" trail buy & hold' in said


def test_a_model_that_validates_worse_says_so():
    grid = [
        cell(2, 10.0) | {"loglik_validation": 90.0},
        cell(3, 5.0, selected=True) | {"loglik_validation": 80.0},
    ]
    worse = "although two states with full covariances fit the validation bars better."
    assert worse in answers_regimes.model_answer(grid, [])
    grid[1]["loglik_validation"] = 95.0
    assert "although" not in answers_regimes.model_answer(grid, [])
    grid[1]["loglik_validation"] = None
    assert "although" not in answers_regimes.model_answer(grid, [])


@pytest.mark.parametrize(
    ("fill", "lag"), [("next_close", "two bars"), ("next_open", "one bar"), (None, "two bars")]
)
def test_results_by_regime_name_their_lag(fill, lag):
    note = answers.by_regime_note({"costs": {"fill": fill} if fill else {}})
    assert f"decided, {lag} earlier" in note
    assert ("differ from section 2's" in note) == (lag == "two bars")

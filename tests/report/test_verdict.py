"""Every rule of the verdict, in the order in which they win."""

import pytest

from regime_factory.report.verdict import judge

LEAK = {
    "clean": False,
    "cuts": 15,
    "stages": [],
    "first_stage": "regime_prob",
    "cut": "2014-03-12",
    "size": 0.57,
}


@pytest.fixture
def page(payload):
    return payload["symbols"][0]


def set_skill(page, *, difference=0.41, bounds=(0.12, 0.70), p_value=0.01, deflated=0.97):
    performance = page["performance"]
    ours = performance["strategies"][performance["chosen"]]
    ours.update(sharpe=0.92, sharpe_difference=difference, sharpe_difference_interval=list(bounds))
    performance["random_timing"] = {"p_value": p_value, "draws": 600}
    performance["deflated_sharpe"] = {"value": deflated, "n_trials": 24, "variant": "2014"}


def chips(verdict):
    return {chip.name: (chip.tone, chip.text) for chip in verdict.chips}


def break_data(page):
    page["quality"]["checks"][0].update(
        severity="bad", result="212 rows quarantined", note="prices before 2009 repeat"
    )


def test_unusable_data_wins_over_a_leak_and_over_skill(page):
    set_skill(page)
    break_data(page)
    verdict = judge(page, LEAK)
    assert verdict.tone == "bad"
    assert verdict.headline == "Do not use these results: 212 rows quarantined (order)."
    assert verdict.detail.startswith("Prices before 2009 repeat.")
    assert chips(verdict)["Skill"] == ("bad", "not judged")
    assert chips(verdict)["Data"] == ("bad", "212 rows quarantined")
    assert verdict.invalid


def test_a_leak_wins_over_skill(page):
    set_skill(page)
    verdict = judge(page, LEAK)
    assert verdict.headline == "Do not use these results: the future leaks into regime_prob."
    assert "2014-03-12" in verdict.detail
    assert "0.57" in verdict.detail
    assert chips(verdict)["Leakage"] == ("bad", "leak in regime_prob")
    assert chips(verdict)["Skill"] == ("bad", "not judged")
    assert verdict.invalid


def test_skill_needs_all_three(page):
    set_skill(page)
    verdict = judge(page, None)
    assert verdict.tone == "ok"
    assert verdict.headline == "Skill after costs: net Sharpe 0.92 beats buy & hold by 0.41."
    for text in ("0.12 to 0.70", "0.8% of 600 trials", "Deflated Sharpe 0.97 over 24 trials"):
        assert text in verdict.detail
    assert chips(verdict)["Skill"] == ("ok", "shown")


def test_worse_than_the_benchmark(page):
    set_skill(page, difference=-0.5, bounds=(-0.9, -0.1), p_value=0.6, deflated=0.2)
    verdict = judge(page, None)
    assert (verdict.tone, verdict.headline) == ("warn", "Worse than buy & hold after costs.")
    assert chips(verdict)["Skill"] == ("warn", "worse")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"bounds": (-0.1, 0.9)},
            "interval of the difference to buy & hold, \N{MINUS SIGN}0.10 to +0.90",
        ),
        ({"p_value": 0.2}, "random timing did as well in 20% of 600 trials"),
        ({"p_value": None}, "random timing was not tried"),
        ({"deflated": 0.85}, "the deflated Sharpe is 0.85 and needs 0.95"),
        ({"deflated": None}, "the deflated Sharpe was not computed"),
    ],
)
def test_some_of_the_three_names_what_failed(page, changes, reason):
    set_skill(page, **changes)
    verdict = judge(page, None)
    assert verdict.tone == "warn"
    assert verdict.headline.startswith("Some evidence of skill, not conclusive: ")
    assert reason in verdict.headline
    assert chips(verdict)["Skill"] == ("warn", "partly shown")


@pytest.mark.parametrize(
    ("p_value", "said"),
    [
        (33 / 601, "5.3% of 600 trials (p = 5.5%, limit 5%)"),
        (31 / 601, "5.0% of 600 trials (p = 5.2%, limit 5%)"),
        (61 / 601, "10% of 600 trials"),
        (1 / 601, "0% of 600 trials"),
    ],
)
def test_headline_and_detail_give_one_share_for_random_timing(page, p_value, said):
    set_skill(page, p_value=p_value)
    verdict = judge(page, None)
    assert f"did at least as well in {said}." in verdict.detail
    if p_value > 0.05:
        assert f"random timing did as well in {said}." in verdict.headline


def none_of_three(page):
    set_skill(page, difference=0.02, bounds=(-0.40, 0.45), p_value=0.2, deflated=0.85)


def test_no_evidence_with_the_drawdown_halved(page):
    none_of_three(page)
    verdict = judge(page, None)
    assert verdict.tone == "none"
    assert (
        verdict.headline
        == "No evidence of timing skill. The drawdown was halved, at a cost in return."
    )
    assert "\N{MINUS SIGN}0.40 to +0.45" in verdict.detail
    assert "20% of 600 trials" in verdict.detail
    assert chips(verdict)["Skill"] == ("none", "not shown")


@pytest.mark.parametrize(
    ("drawdown", "cagr", "clause"),
    [
        (-0.40, 0.09, " The worst drawdown fell from 55% to 40%."),
        (-0.40, 0.01, " The worst drawdown fell from 55% to 40%, at a cost in return."),
        (-0.54, 0.01, ""),
        (-0.60, 0.01, ""),
    ],
)
def test_drawdown_clause_states_only_what_holds(page, drawdown, cagr, clause):
    none_of_three(page)
    page["performance"]["strategies"]["long_flat"].update(max_drawdown=drawdown, cagr=cagr)
    assert judge(page, None).headline == f"No evidence of timing skill.{clause}"


def test_the_benchmark_itself_shows_no_skill(page):
    page["performance"]["chosen"] = "buy_and_hold"
    assert judge(page, None).tone == "none"


def test_leakage_chip_is_never_green_without_an_audit(page):
    assert chips(judge(page, None))["Leakage"] == ("none", "not run")
    clean = {**LEAK, "clean": True}
    assert chips(judge(page, clean))["Leakage"] == ("ok", "audit clean, 15 cuts")


def test_data_chip(page):
    assert chips(judge(page, None))["Data"] == ("warn", "2 warnings")
    for check in page["quality"]["checks"]:
        check["severity"] = "ok"
    assert chips(judge(page, None))["Data"] == ("ok", "no problem")
    page["quality"]["checks"] = []
    assert chips(judge(page, None))["Data"] == ("none", "not checked")


def test_regime_chip(page):
    assert chips(judge(page, None))["Regimes"] == ("warn", "split risk, not return")
    for row in page["states"]:
        row["vol_annual"] = 0.15
    assert chips(judge(page, None))["Regimes"] == ("warn", "split neither risk nor return")
    for k, row in enumerate(page["states"]):
        row.update(mean_lower=0.1 * k, mean_upper=0.1 * k + 0.05)
    assert chips(judge(page, None))["Regimes"] == ("ok", "stable on refit")
    page["honesty"]["refit_agreement_worst"] = 0.39
    assert chips(judge(page, None))["Regimes"] == ("warn", "unstable on refit")
    page["honesty"]["refit_agreement_worst"] = None
    assert chips(judge(page, None))["Regimes"] == ("none", "stability not measured")

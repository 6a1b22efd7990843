"""Criteria against tables worked out by hand: order, ties, requirements, fallbacks."""

import pytest

from regime_factory.regimes.choice.criteria import CRITERIA, Requirements, choose_cell


def row(bic, icl=0.0, validation=0.0, *, occupancy=0.5, dwell=20.0, stability=0.9):
    return {
        "bic": bic,
        "icl": icl,
        "loglik_validation": validation,
        "min_occupancy": occupancy,
        "median_dwell": dwell,
        "stability": stability,
    }


# Each criterion has another winner: lowest BIC, best held out, lowest ICL, lowest stable BIC.
BY_HAND = [
    row(1.0, icl=9.0, validation=1.0, dwell=3.0),
    row(2.0, icl=8.0, validation=9.0, stability=0.5),
    row(3.0, icl=1.0, validation=2.0, stability=None),
    row(4.0, icl=7.0, validation=3.0),
    row(0.0, icl=0.0, validation=99.0, occupancy=0.01),
]


@pytest.mark.parametrize(
    ("criterion", "index"), [("bic", 0), ("heldout", 1), ("icl", 2), ("stable", 3)]
)
def test_each_criterion_picks_its_own_cell(criterion, index):
    choice = choose_cell(BY_HAND, criterion)
    assert (choice.index, choice.met) == (index, True)


def test_ties_go_to_the_better_validation_likelihood():
    tied = [row(3.0, 5.0, 1.0), row(3.0 + 1e-9, 5.0 - 1e-9, 2.0), row(3.0 + 1e-3, 5.001, 9.0)]
    for criterion in ("bic", "icl", "stable"):
        assert choose_cell(tied, criterion).index == 1
    assert choose_cell(tied, "heldout").index == 2


def test_the_sentence_says_what_was_asked_and_of_how_many():
    assert choose_cell(BY_HAND).sentence == (
        "the lowest BIC of 4 models with states of at least 2% of the bars"
    )
    assert choose_cell(BY_HAND, "stable", Requirements(0.1, 4.5, 0.25)).sentence == (
        "the lowest BIC of 2 models with states of at least 10% of the bars and 4.5 bars a spell, "
        "and labels that agree 0.25 across refits"
    )
    only = choose_cell(BY_HAND[3:], "heldout").sentence
    assert only.startswith("the highest held-out likelihood of 1 model with")


@pytest.mark.parametrize("criterion", ["bic", "heldout", "icl"])
def test_without_a_full_enough_cell_the_fullest_is_taken(criterion):
    sparse = [row(1.0, occupancy=0.001), row(9.0, occupancy=0.015), row(2.0, occupancy=0.01)]
    choice = choose_cell(sparse, criterion)
    assert (choice.index, choice.met) == (1, False)
    assert choice.sentence == (
        "none of 3 models has states of at least 2% of the bars; "
        "the one with the fullest states was taken"
    )


def test_where_nothing_is_stable_the_lowest_bic_of_the_least_bad_is_taken():
    shaky = [
        row(1.0, dwell=1.0, stability=0.1),  # misses two
        row(3.0, stability=0.1),  # misses one
        row(2.0, dwell=1.0),  # misses one, lower BIC
        row(0.0, occupancy=0.0, dwell=0.0, stability=None),  # misses all
    ]
    choice = choose_cell(shaky, "stable")
    assert (choice.index, choice.met) == (2, False)
    assert choice.sentence.startswith("none of 4 models has states of at least 2% of the bars and")
    assert choice.sentence.endswith("of those that miss the fewest of these, the lowest BIC was "
                                    "taken")  # fmt: skip


def test_requirements_hold_at_their_bounds():
    exact = Requirements(0.1, 5.0, 0.7)
    assert exact.missed(row(0.0, occupancy=0.1, dwell=5.0, stability=0.7), "stable") == 0
    assert exact.missed(row(0.0, occupancy=0.1, dwell=4.9, stability=0.69), "stable") == 2
    assert exact.missed(row(0.0, occupancy=0.1, dwell=4.9, stability=0.69), "bic") == 0


def test_an_unknown_criterion_is_named():
    assert CRITERIA == ("bic", "heldout", "icl", "stable")
    with pytest.raises(ValueError, match="unknown criterion 'aic'; use one of"):
        choose_cell(BY_HAND, "aic")

"""The sentence about the number of states: each case, and its numbers."""

import pytest

from regime_factory.regimes.choice.identification import identification


def cells(bic, heldout=None, icl=None, chosen=3, first=2):
    rows = []
    for k, value in enumerate(bic):
        own = {"n_states": first + k, "bic": value, "selected": first + k == chosen}
        if heldout is not None:
            own["heldout_per_bar"] = heldout[k]
        if icl is not None:
            own["icl"] = icl[k]
        rows.append(own)
    return rows


def test_criteria_that_run_to_the_top_do_not_identify():
    found = identification(cells([900, 500, 80], [-3.5, -3.4, -3.369], [910, 700, 650]))
    assert found == {
        "identified": False,
        "best": {"bic": 4, "heldout_per_bar": 4, "icl": 4},
        "sentence": (
            "Of 2 to 4 states tried, BIC, held-out likelihood and ICL are best at 4, the most "
            "tried (420 lower in BIC and 0.031 nats a bar better held out than with the 3 chosen), "
            "so the data do not identify the number of states: it is a choice."
        ),
    }


def test_criteria_that_disagree_do_not_identify():
    found = identification(cells([9, 5, 6, 8], [1.0, 1.1, 1.2, 1.15], [5, 9, 9, 9]))
    assert not found["identified"]
    assert found["sentence"] == (
        "Of 2 to 5 states tried, BIC is best at 3, held-out likelihood at 4 and ICL at 2 "
        "(0.100 nats a bar better held out than with the 3 chosen), so the data do not identify "
        "the number of states: it is a choice."
    )


def test_criteria_that_agree_below_the_top_do():
    rows = cells([9, 5, 6], [1.0, 1.1, 1.05], [9, 5, 6])
    found = identification(rows)
    assert found["identified"]
    assert found["sentence"].endswith("ICL are best at 3, so the data support this number.")
    other = identification([{**row, "selected": row["n_states"] == 2} for row in rows])
    assert other["identified"]
    assert other["sentence"].endswith(
        "ICL are best at 3 (4 lower in BIC and 0.100 nats a bar better held out than with the 2 "
        "chosen), so the data support another number than the 2 chosen."
    )


def test_the_best_cell_of_each_number_counts_and_missing_criteria_are_left_out():
    rows = [*cells([9, 5, 6]), *cells([1, 7, 7])]
    rows[0]["icl"] = 1.0
    assert identification(rows)["best"] == {"bic": 2}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (cells([5.0], first=3), "Only 3 states were tried, so the data were not asked for their"),
        (cells([5.0, 6.0]), "Only 2 and 3 states were tried, too few to say whether the data"),
    ],
)
def test_too_few_numbers_say_nothing(rows, said):
    found = identification(rows)
    assert not found["identified"]
    assert found["sentence"].startswith(said)


def test_numbers_that_are_equal_go_to_fewer_states():
    assert identification(cells([5, 5, 5]))["best"] == {"bic": 2}
    noise = cells([9, 5, 6, 7], [-1.5, -1.2, -1.199, -1.191])
    assert identification(noise)["best"] == {"bic": 3, "heldout_per_bar": 3}
    assert identification(noise)["identified"]

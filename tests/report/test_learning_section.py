"""The section on the labels: each sentence and table says what the figures say, or is left out."""

import copy

import pytest

from regime_factory.report import answers_learning as say
from regime_factory.report import render_report
from regime_factory.report.figures_learning import balance_figure
from regime_factory.report.learning_section import learning_section

from .fabricated_labels import label_figures
from .test_render import read


@pytest.fixture
def figures():
    return copy.deepcopy(label_figures())


@pytest.fixture
def section(figures):
    return learning_section(figures)


def cells(section, key):
    (group,) = (group for group in section["groups"] if group["key"] == key)
    (table,) = group["tables"]
    return [[cell.text for cell in row] for row in table.rows]


def test_the_answers_say_the_figures(section):
    assert section["answer"] == (
        "Of 5,000 labels 52% call for a long trade, 47% for a short one and 1.0% for neither; "
        "their outcomes overlap, so that by average uniqueness they count as about 700 separate "
        "ones."
    )
    assert [group["answer"] for group in section["groups"]] == [
        "The commonest class is long with 60% of the selection and short with 52% of the "
        "evaluation: what always answering the same would get right.",
        "The upper barrier in 50%, the lower in 49%, time running out in 0.6% and a bar that held "
        "both in 0.2%, after 9.8 bars on average. Average uniqueness is 0.14: a bar belongs to the "
        "outcomes of about 7 labels.",
        "A rise of 0.5% in 93% and a fall of it in 90%; a rise of 5% in 24% and a fall of it in "
        "27% of the bars within 12 bars.",
        "A long trade held for 24 bars returned +0.30% after costs on average, with a standard "
        "deviation of 5.0%: the mean is small beside the spread.",
    ]


def test_the_tables_hold_the_figures_of_each_zone(section):
    assert cells(section, "balance") == [
        ["Selection", "2,000", "60%", "1.0%", "39%"],
        ["Evaluation", "3,000", "47%", "1.0%", "52%"],
    ]
    overlap = {row[0]: row[1:] for row in cells(section, "overlap")}
    assert overlap["Neither in time"] == ["1.5%", "1.0%"]
    assert overlap["Average uniqueness"] == ["0.125", "0.150"]
    assert overlap["Separate labels"] == ["250", "450"]
    assert "End of the symbol" not in overlap
    moves = cells(section, "thresholds")
    assert [row[0] for row in moves] == ["+0.5%", "−0.5%", "+5%", "−5%"]  # noqa: RUF001
    assert moves[0] == ["+0.5%", "93%", "93%"]
    assert cells(section, "forward")[0] == ["1", "−0.12%", "−0.12%", "1.2%"]  # noqa: RUF001


@pytest.mark.parametrize(
    ("changed", "moved", "costs"),
    [
        ({}, "", "7 basis points."),
        (
            {"cost_bps": None, "slippage_ticks": 0.5, "commission": 2.0, "shifted": True},
            ", and further by the costs of a round trip",
            "0.5 ticks and 2 a contract.",
        ),
    ],
)
def test_the_footer_names_span_fill_barriers_and_costs(figures, changed, moved, costs):
    figures["settings"] |= changed
    assert learning_section(figures)["footer"] == (
        "Decisions at the closes of 1999-01-04 to 2020-05-29, before the holdout. Decided at the "
        "close of bar t, filled at the close of t+1. Barriers: 2 average true ranges (14 bars) "
        f"above and 1.5 below the entry{moved}; 24 bars after the fill in time. Costs of one side: "
        f"{costs}"
    )
    del figures["settings"]
    assert "Barriers" not in learning_section(figures)["footer"]


def test_thresholds_of_many_digits_are_found(figures):
    for part in (figures, *figures["zones"].values()):
        part["thresholds"] = {
            f"{side}_{move}": {"rows": 9, "positive_share": 0.5, "mean_bars": 1.0}
            for side in ("up", "down")
            for move in ("1_23456789pct", "0_0000001pct")
        }
    assert "a rise of 1.23457%" in learning_section(figures)["groups"][2]["answer"]


def test_bars_add_up_and_small_shares_carry_no_number(figures):
    zones = {name: row["label"] for name, row in figures["zones"].items()}
    figure = balance_figure(zones)
    short, neither, long = figure["data"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["Evaluation", "Selection"]
    assert [sum(parts) for parts in zip(short["x"], neither["x"], long["x"], strict=True)] == [1, 1]
    assert (short["text"], neither["text"], long["text"]) == (
        ["52%", "39%"], ["", ""], ["47%", "60%"],
    )  # fmt: skip


def test_the_section_stands_before_the_audit(payload):
    said = read(render_report(payload)).words
    headings = ["8. What is there to learn?", "9. Did anything see the future?"]
    assert [word for word in said if word in headings] == headings * 2


def test_without_labels_there_is_no_section(payload):
    assert learning_section({}) is None
    page = payload["symbols"][0]
    page["targets"] = {}
    said = read(render_report({**payload, "symbols": [page]})).words
    assert not any(word.endswith("What is there to learn?") for word in said)
    assert {"8. Did anything see the future?", "9. Is the data sound?"} <= set(said)


def test_too_few_bars_are_said(figures):
    empty = {"rows": 0, "shares": dict.fromkeys(("1", "0", "-1")), "average_uniqueness": None}
    assert say.learning_answer(empty) == say.TOO_FEW
    figures["label"] = empty
    for zone in figures["zones"].values():
        zone["label"] = empty
        zone["forward"] = {name: {"rows": 0, "mean": None, "std": None} for name in zone["forward"]}
    figures["forward"] = figures["zones"]["selection"]["forward"]
    section = learning_section(figures)
    assert [group["key"] for group in section["groups"]] == ["thresholds", "forward"]
    assert section["groups"][1]["answer"] == "There are too few bars for forward returns."


def test_targets_that_were_not_asked_for_are_left_out(figures):
    for part in (figures, *figures["zones"].values()):
        del part["thresholds"], part["forward"]
    section = learning_section(figures)
    assert [group["key"] for group in section["groups"]] == ["balance", "overlap"]

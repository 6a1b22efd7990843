"""The honesty section: a question, an answer and all figures of the card, or nothing at all."""

import copy
import json

import pytest

from regime_factory.report import render_report
from regime_factory.report.figures_honesty import skill_figure, volatility_figure
from regime_factory.report.honesty_section import honesty_section
from regime_factory.report.plots import plot_yardsticks

from .fabricated_card import honesty_card
from .test_render import read

QUESTIONS = (
    "Do they forecast volatility?",
    "Do they warn of drawdowns?",
    "Do returns differ afterwards?",
    "Do they react to large drawdowns?",
    "Would another fit say the same?",
    "How late are they?",
    "Does trading them pay?",
    "What does switching cost?",
    "How much was tried?",
    "How do other detectors compare?",
)


@pytest.fixture
def card():
    return copy.deepcopy(honesty_card(("Calm", "Choppy", "Stress")))


def cells(section):
    return {
        cell.text
        for group in section["groups"]
        for table in group["tables"]
        for row in table.rows
        for cell in row
    }


def test_every_group_has_a_question_an_answer_and_a_table(card):
    section = honesty_section(card)
    assert tuple(group["question"] for group in section["groups"]) == QUESTIONS
    for group in section["groups"]:
        assert group["answer"].endswith(".")
        assert group["tables"]
        assert group["note"]
    assert "3,000 daily bars, 2009-01-05 to 2020-07-03" in section["footer"]
    assert "1,000 bootstrap draws" in section["footer"]


def test_tables_hold_the_figures_of_the_card(card):
    shown = cells(honesty_section(card))
    assert {
        "−8.233", "+0.083", "+0.022 to +0.144", "+2.7",  # noqa: RUF001
        "56.0%", "49.0% to 67.0%", "28.4%", "+15.6%", "−3.5% to +9.1%",  # noqa: RUF001
        "−0.50%", "+0.48%",  # noqa: RUF001
        "0.62", "0.44", "0.95", "7.1%", "26.9", "33.3%",
        "2011-05-02 to 2012-02-07", "2018-09-21 to the last bar", "19%", "2011-08-04", "37", "no",
        "7.2×", "64%", "0.50%", "−0.29",  # noqa: RUF001
        "82.9%", "54.1%", "93.7%", "3,000, of 1 bar each",
        "97.0%", "1.99", "30.1%",
        "Jump model", "2.930", "−8.110",  # noqa: RUF001
    } <= shown  # fmt: skip


def test_the_page_says_the_sentences_and_the_numbers_follow(built, html):
    said = " ".join(read(html).words)
    for page in built["symbols"]:
        section = honesty_section(page["card"])
        for group in section["groups"]:
            assert group["question"] in said
            assert group["answer"] in said
        assert section["answer"] in said
    for number in range(1, 10):
        assert f"{number}. " in said
    assert "3. What are the regimes worth?" in said
    assert "4. Which regime model was chosen, and why?" in said
    assert "11. Is the data sound?" not in said
    assert "10. Is the data sound?" in said


def test_a_payload_without_a_card_leaves_the_section_out(payload):
    for page in payload["symbols"]:
        page["card"] = {}
    said = " ".join(read(render_report(payload)).words)
    assert "What are the regimes worth?" not in said
    assert "3. Which regime model was chosen, and why?" in said
    assert "9. Is the data sound?" in said


def test_groups_without_figures_are_left_out_or_said(card):
    card["detectors"] = card["detectors"][:1]
    card["reaction"] = None
    for row in card["drawdowns"]["brier"].values():
        row.update(dict.fromkeys(row))
    card["drawdowns"]["share"] = 0.0
    section = honesty_section(card)
    groups = {group["key"]: group for group in section["groups"]}
    assert "detectors" not in groups
    assert groups["reaction"]["tables"] == []
    assert groups["drawdowns"]["figure"] is None
    json.dumps(groups["volatility"]["figure"])


def test_a_short_zone_leaves_groups_out(card):
    card.update(volatility=None, drawdowns=None, returns=None)
    section = honesty_section(card)
    assert "too few bars to compare" in section["answer"]
    assert [group["key"] for group in section["groups"]][:2] == ["reaction", "agreement"]
    assert len(plot_yardsticks(card).axes) == 1


def test_right_of_zero_the_regimes_are_better(card):
    figure = volatility_figure(card["volatility"])
    names = figure["layout"]["yaxis"]["ticktext"]
    assert names == ["HAR", "GARCH(1,1)", "EWMA", "Volatility threshold"]
    assert [trace["x"][0] for trace in figure["data"]] == [-0.083, -0.033, -0.004, 0.142]
    hollow = [trace["marker"]["color"] == "@panel" for trace in figure["data"]]
    assert hollow == [False, True, True, False]
    best = figure["data"][3]["error_x"]
    assert best["array"] == best["arrayminus"] == [pytest.approx(1.96 * 0.034)]
    skill = skill_figure(card["drawdowns"])
    assert skill["layout"]["yaxis"]["ticktext"] == ["Volatility deciles", "Unconditional share"]
    assert [trace["x"][0] for trace in skill["data"]] == [0.028, 0.156]


def test_the_plot_shows_both_panels_or_one(card):
    both = plot_yardsticks(card)
    assert len(both.axes) == 2
    labels = [text.get_text() for text in both.axes[0].get_yticklabels()]
    assert labels == ["HAR", "GARCH(1,1)", "EWMA", "Volatility threshold"]
    for row in card["drawdowns"]["brier"].values():
        row.update(dict.fromkeys(row))
    assert len(plot_yardsticks(card).axes) == 1

"""The page is complete, says the payload's numbers, and is the same for the same payload."""

import copy
import json
import re
from html.parser import HTMLParser

import pytest

from regime_factory.report import judge, render_report
from regime_factory.report.formats import number, percent
from regime_factory.report.render import slug

MAX_BYTES = 6_000_000


class Text(HTMLParser):
    """Collects visible text and figure labels by element id."""

    def __init__(self):
        super().__init__()
        self.words, self.labels, self.tables, self.quiet = [], [], 0, 0

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.quiet += tag in {"script", "style"}
        self.tables += tag == "table"
        if given.get("class") == "figure":
            self.labels.append(given.get("aria-label"))

    def handle_endtag(self, tag):
        self.quiet -= tag in {"script", "style"}

    def handle_data(self, data):
        if not self.quiet and data.strip():
            self.words.append(data.strip())


def read(html):
    parser = Text()
    parser.feed(html)
    return parser


@pytest.fixture(scope="module")
def seen(html):
    return read(html)


def test_same_payload_same_bytes(built, html):
    assert render_report(built) == html
    assert render_report(json.loads(json.dumps(built))) == html


def test_size_and_one_plotly(html):
    assert len(html.encode()) <= MAX_BYTES
    assert html.count("plotly.js v") == 1


def test_nothing_is_loaded_from_outside(html):
    without_plotly = re.sub(r"<script>\s*/\*\*\s*\n\* plotly\.js.*?</script>", "", html, flags=re.S)
    assert len(without_plotly) < 1_100_000
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", without_plotly)
    assert "url(" not in without_plotly
    assert "@import" not in without_plotly


def test_verdict_and_tiles_say_the_payloads_numbers(built, seen):
    said = " ".join(seen.words)
    for page in built["symbols"]:
        verdict = judge(page, built["leakage"])
        assert verdict.headline in said
        assert verdict.detail in said
        strategies = page["performance"]["strategies"]
        ours, theirs = strategies["long_flat"], strategies["buy_and_hold"]
        for text in (
            number(ours["sharpe"]),
            number(theirs["sharpe"]),
            percent(ours["cagr"], 1, sign=True),
            percent(ours["max_drawdown"]),
            f"buy & hold {percent(theirs['max_drawdown'])}",
            number(page["performance"]["deflated_sharpe"]["value"]),
            percent(ours["cost_per_year"], 2),
            percent(ours["exposure"]),
        ):
            assert text in said


def test_every_block_is_there_for_every_symbol(built, seen, html):
    headings = (
        "Did it make money, and was it timing?",
        "What regimes did it see?",
        "What are the regimes worth?",
        "Which regime model was chosen, and why?",
        "Which strategy is best, and can we tell?",
        "What cost kills it?",
        "In which regimes did it earn?",
        "What is there to learn?",
        "Did anything see the future?",
        "Is the data sound?",
    )
    for heading in headings:
        assert sum(word.endswith(heading) for word in seen.words) == len(built["symbols"])
    for page in built["symbols"]:
        for anchor in re.findall(rf'href="#({slug(page["symbol"])}-[a-z]+)"', html):
            assert f'id="{anchor}"' in html


def test_figures_carry_heading_and_answer(seen):
    assert len(seen.labels) == 2 * 11
    assert all(label and len(label) > 40 for label in seen.labels)


def test_ids_are_unique(html):
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_figure_data_is_json_with_tokens_only(html):
    figures = re.findall(r'data-figure="[^"]+">(.*?)</script>', html)
    assert len(figures) == 22
    for text in figures:
        figure = json.loads(text)
        assert {"height", "columns", "data", "layout"} == figure.keys()
        assert "#" not in text.replace("&#", "")
        for line in figure["columns"].values():
            assert len(line) <= 2000


def test_symbols_are_escaped(payload):
    payload["symbols"] = payload["symbols"][:1]
    payload["symbols"][0]["symbol"] = "<b>A&B</b>"
    payload["symbols"][0]["states"][0]["regime"] = "</script><i>"
    html = render_report(payload)
    assert "<b>A&amp;B" not in html
    assert "</script><i>" not in html


def test_a_leak_stamps_the_tiles(payload):
    payload["leakage"] = {
        "clean": False,
        "cuts": 15,
        "stages": [
            {"stage": "regime_prob", "result": "leak", "evidence": "3 of 15", "control": False},
            {"stage": "smoothed", "result": "leak", "evidence": "planted", "control": True},
        ],
        "first_stage": "regime_prob",
        "cut": "2014-03-12",
        "size": 0.57,
    }
    said = read(render_report(payload)).words
    assert said.count("invalid") == 12
    assert "Control: smoothed" in said


def test_missing_figures_become_a_dash_with_a_reason(payload):
    page = payload["symbols"][0]
    performance = page["performance"]
    performance["deflated_sharpe"] = {"value": None, "n_trials": None, "variant": "2014"}
    performance["notes"] = {"deflated_sharpe.value": "the trials were not given"}
    performance["random_timing"] = {"p_value": None, "draws": 0}
    performance["cost_curve"] = None
    for key in ("sharpe", "cagr", "sortino"):
        performance["strategies"]["ewma_target"][key] = None
    page["states"][1].update(dict.fromkeys(("mean_annual", "mean_lower", "mean_upper", "now")))
    page.update(profile=[], selection=[], honesty={}, transmat=[])
    said = read(render_report(payload)).words
    assert "the trials were not given" in said
    assert "Deflated sharpe.value: the trials were not given" in said


def test_one_symbol_has_no_switch(payload):
    payload["symbols"] = payload["symbols"][:1]
    assert 'data-page="' not in render_report(payload)


def test_no_symbol_is_an_error(payload):
    with pytest.raises(ValueError, match="at least one symbol"):
        render_report({**payload, "symbols": []})


def test_many_symbols_stay_within_the_size(payload):
    first = payload["symbols"][0]
    payload["symbols"] = []
    for k in range(6):
        page = copy.deepcopy(first)
        page["symbol"] = f"S{k}"
        payload["symbols"].append(page)
    assert len(render_report(payload).encode()) <= MAX_BYTES


def test_the_end_of_the_span_is_not_called_now(built, seen):
    said = " ".join(seen.words)
    last = built["symbols"][0]["growth"]["ts"][-1]
    assert f"At the end, {last}:" in said
    assert f"How sure was it at the end, 2019-07-18 to {last}?" in said
    assert "Last bar" in seen.words
    assert not {"Now", "Expected bars", "Switches/yr"} & set(seen.words)
    assert "lately" not in said


def test_holdout_span_trial_variance_and_lag_are_named(seen):
    said = " ".join(seen.words)
    assert said.count("Sealed holdout 2020-07-06 to 2022-07-01, not read.") == 4
    assert "rows read" not in said
    assert "Strategies in the selection zone, 2003-01-02 to 2008-12-31" in said
    assert "0.0027 of Sharpe ratios per bar" in said
    assert "two bars earlier" in said


def test_the_benchmark_lacks_no_difference_to_itself(seen):
    assert "it is the benchmark" not in " ".join(seen.words)
    assert "Break even bps: the net Sharpe stays above zero up to 50 bp" in seen.words

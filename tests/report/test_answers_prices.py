"""What the prices are is named beside the figures, in the caveats and for contracts."""

import pytest

from regime_factory.backtest import Execution
from regime_factory.backtest.conventions import conventions
from regime_factory.bars import PriceConvention
from regime_factory.report import answers, answers_prices, render_report

PRICES = [
    PriceConvention(),
    PriceConvention(dividends="reinvested", splits=1, payments=40),
    PriceConvention(prices="back_adjusted", roll="difference_adjusted", roll_rule="on volume"),
]
ES = {"tick_size": 0.25, "multiplier": 50.0, "tick_value": 12.5, "roll": "never rolled"}


@pytest.fixture(params=PRICES, ids=lambda prices: prices.summary)
def told(request, payload):
    performance = payload["symbols"][0]["performance"]
    performance["prices"] = request.param.manifest()
    performance["conventions"] = conventions(Execution(252), 100, 10, prices=request.param)
    return payload, request.param


def test_every_figure_with_returns_names_the_convention(told):
    payload, prices = told
    html = render_report(payload)
    sentence = answers_prices.prices_sentence(payload["symbols"][0])
    assert sentence.lower() == f"{prices.summary}.".lower()
    footer = answers.money_footer(payload["meta"], payload["symbols"][0])
    assert sentence in footer
    notes = [part.split("</p>")[0] for part in html.split('<p class="note">')[1:]]
    assert sum(sentence in note for note in notes) == 5, "money, return, strategy, cost, regime"


def test_caveats_and_conventions_say_it_in_full(told):
    payload, prices = told
    caveat = answers_prices.price_caveat(payload["symbols"][0])
    html = render_report(payload)
    for name, text in prices.rows().items():
        assert f"{name}: {text}." in caveat
        assert text in html
    assert "taxes are left out" in caveat


def test_a_payload_without_the_convention_says_as_given(payload):
    page = payload["symbols"][0]
    page["performance"].pop("prices", None)
    assert answers_prices.prices_sentence(page) == "Prices as given, no dividends added."
    page["performance"]["prices"] = None
    assert answers_prices.prices_sentence(page) == "Prices as given, no dividends added."


def test_the_contract_stands_with_the_data(payload):
    symbol = payload["symbols"][0]["symbol"]
    assert answers_prices.contract_table(symbol, payload["meta"]) is None
    payload["meta"]["contracts"] = {symbol: ES}
    table = answers_prices.contract_table(symbol, payload["meta"])
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Tick, in points", "0.25"],
        ["Worth of one tick", "12.5"],
        ["Worth of one point", "50"],
        ["How the series was made", "never rolled"],
    ]
    html = render_report(payload)
    data = html.split('-data">')[1].split("</section>")[0]
    assert "never rolled" in data

"""Folded tables write figures as the strategy table does, and settings plainly."""

from regime_factory.report.tables_details import choice_table, convention_table, parameter_table

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_settings_are_written_plainly():
    table = parameter_table({"a": None, "b": True, "c": [1, 2], "d": {}, "e": {"f": 0.5}})
    assert {row[0].text: row[1].text for row in table.rows} == {
        "a": "none",
        "b": "yes",
        "c": "1, 2",
        "d": "none",
        "e.f": "0.5",
    }


def choice(**more):
    row = {"strategy": "a", "sharpe": 1.016, "cagr": 0.0728, "max_drawdown": -0.1531}
    return row | {"turnover_per_year": 3.45, "n_trials": 4, "selected": True} | more


def test_choices_are_written_as_in_the_strategy_table():
    table = choice_table([choice(), choice(cagr=-0.0528, sharpe=None)], {"a": "A"})
    assert texts(table)[0] == ["A", "1.02", "+7.3%", f"{MINUS}15%", f"3.5{TIMES}"]
    assert texts(table)[1][1:3] == ["\N{EN DASH}", f"{MINUS}5.3%"]
    assert table.columns == ("Strategy", "Net Sharpe", "Return/yr", "Worst drawdown", "Turnover/yr")
    assert table.tinted == {0, 1}
    assert table.caption == "Strategies in the selection zone"


def test_choices_name_their_span_where_it_is_known():
    rows = [choice(start="2003-01-02T21:00", end="2006-12-29T21:00"), choice(start=None, end=None)]
    table = choice_table(rows, {})
    assert table.caption == "Strategies in the selection zone, 2003-01-02 to 2006-12-29"
    assert "Start" not in table.columns


def test_the_trial_variance_stands_with_the_conventions():
    named = [{"name": "Fill", "value": "close"}]
    found = dict(texts(convention_table(named, {"trial_sharpe_variance": 0.0027024})))
    assert found["Variance of the trials"].startswith("0.0027 of Sharpe ratios per bar")
    for absent in (None, {}, {"trial_sharpe_variance": None}):
        assert texts(convention_table(named, absent)) == [["Fill", "close"]]

"""The templates' own filter and their strictness."""

import jinja2
import pytest

from regime_factory.report.templating import environment, unbroken_dates


def test_dates_stay_on_one_line_and_text_stays_escaped():
    text = unbroken_dates("<script> 2021-01-04 to 2022-05-06, row 12021-01")
    assert str(text).count('<span class="date">') == 2
    assert "<script>" not in text


def test_an_unknown_name_stops_the_page():
    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ nothing }}").render()
    assert environment().from_string("{{ 'a<b' }}").render() == "a&lt;b"

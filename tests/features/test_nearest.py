"""Endings of messages about unknown names."""

from regime_factory.features.nearest import nearest


def test_case_does_not_matter_and_the_nearest_come_first():
    assert nearest("1h", ["1D", "1H", "4H"]).startswith("; did you mean '1H'")


def test_nothing_near_lists_all():
    assert nearest("qqq", ["v1", "v2"]) == "; known: 'v1', 'v2'"


def test_names_that_differ_in_case_only_are_both_offered():
    assert nearest("ab", ["AB", "Ab"]) == "; did you mean 'AB', 'Ab'?"

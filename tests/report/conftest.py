"""Fixtures of the report's tests: an invented payload and its HTML."""

import copy

import pytest

from regime_factory.report import build_payload, render_report

from .fabricated import make_inputs


@pytest.fixture(scope="session")
def built():
    return build_payload(**make_inputs())


@pytest.fixture
def payload(built):
    return copy.deepcopy(built)


@pytest.fixture(scope="session")
def html(built):
    return render_report(built)

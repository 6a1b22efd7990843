"""The embedded macro series: there, complete, and read without importing arch."""

import subprocess
import sys

import pytest

from regime_factory.bars.macro.files import embedded_macro, embedded_macro_file


def test_the_embedded_series_equal_what_arch_itself_loads():
    from arch.data import default, vix

    for name, module in (("vix", vix), ("spread", default)):
        theirs = module.load()
        ours = embedded_macro(name)
        assert ours["date"].to_list() == [stamp.date() for stamp in theirs.index]
        for column in theirs.columns:
            values = ours[column.upper()].cast(float, strict=False).to_list()
            assert values == [None if v != v else v for v in theirs[column].tolist()]  # noqa: PLR0124


def test_arch_is_not_imported():
    code = (
        "import sys; from regime_factory.bars.macro.files import embedded_macro; "
        "embedded_macro('vix'); assert 'arch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_other_names_have_nothing_embedded():
    with pytest.raises(ValueError, match="embedded under the name 'treasury', only under vix, sp"):
        embedded_macro_file("treasury")


def test_without_arch_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install arch"):
        embedded_macro("vix")

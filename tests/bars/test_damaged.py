"""Every damaged file of the corpus gives its finding or a clear error, and loses no row."""

import json

import pytest

from regime_factory.bars import GateLimits, read_source
from regime_factory.bars.schema import Bars, Quarantine
from regime_factory.datasets.validators import QualityReport
from regime_factory.params import IngestParams, MarketParams
from regime_factory.pipelines.ingest import nodes

from .damaged_prices import NUMBERS
from .damaged_text import TEXT
from .damaged_times import TIMES

MARKET = {
    "timeframe": "1H", "timeframes": ["1H"], "session": None, "anchor": None, "contracts": None,
    "max_staleness_days": 7, "periods_per_year": None,
}  # fmt: skip
INGEST = {
    "columns": {"ts": "time"}, "stamp": "close", "timezone": "UTC", "date_format": None,
    "symbol": "X", "symbol_pattern": None, "symbols": None, "sort": False, "prices": "as_traded",
    "dividends": "excluded", "max_quarantined": 1.0, "stop_on": "never",
}  # fmt: skip
CORPUS = [*TEXT, *TIMES, *NUMBERS]


def run_ingest(path, settings):
    """What the nodes of `ingest` make of a file up to the gate."""
    market = MarketParams(**MARKET | settings.get("market", {}))
    ingest = IngestParams(**INGEST | settings.get("ingest", {}))
    quality = GateLimits(**settings.get("quality", {}))
    read = nodes.read_bars(read_source(path), market, ingest)
    kept, rejected, _, report = nodes.check_read_bars(read, market, ingest, quality)
    nodes.stop_on_findings(report, ingest, quality)
    return kept, rejected, report


def found(report):
    """Every finding that is not ok: check, severity, rows, over all symbols."""
    lines = [check for line in report["symbols"].values() for check in line["checks"]]
    return {
        line["check"]: (line["severity"], line["rows"])
        for line in lines
        if line["severity"] != "ok"
    }


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_damaged_file_gives_its_finding_or_a_clear_error(case, tmp_path):
    path, rows = case.write(tmp_path)
    if case.error:
        with pytest.raises(ValueError, match=case.error) as caught:
            run_ingest(path, case.settings)
        assert type(caught.value).__module__.partition(".")[0] in {"builtins", "regime_factory"}
        assert len(str(caught.value)) < 800
        return
    kept, rejected, report = run_ingest(path, case.settings)
    assert found(report) == case.finds
    assert rejected.height == case.quarantined
    assert kept.height + rejected.height == rows
    Bars.validate(kept)
    Quarantine.validate(rejected)
    QualityReport.validate(report)
    json.dumps(report, allow_nan=False)


def test_the_corpus_is_large_and_its_names_differ():
    assert len(CORPUS) >= 40
    assert len({case.name for case in CORPUS}) == len(CORPUS)

"""The report room: one self-contained HTML file per run, and the plots of the catalog."""

from regime_factory.report.payload import Leakage, Meta, Payload, SymbolPage, build_payload
from regime_factory.report.render import render_report
from regime_factory.report.verdict import Verdict, judge

__all__ = [
    "Leakage",
    "Meta",
    "Payload",
    "SymbolPage",
    "Verdict",
    "build_payload",
    "judge",
    "render_report",
]

"""Macro regimes: risk on, neutral and risk off, out of the nine macro features."""

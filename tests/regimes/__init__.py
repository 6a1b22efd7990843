"""Tests of the regimes room."""

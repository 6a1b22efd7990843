"""Tests of the simulate room."""

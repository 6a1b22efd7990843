"""Tests of the splits room."""

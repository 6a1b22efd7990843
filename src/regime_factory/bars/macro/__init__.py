"""Macro series: how their files are read, and what was known of them at a moment."""

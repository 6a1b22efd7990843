"""Choosing a model inside the selection zone."""

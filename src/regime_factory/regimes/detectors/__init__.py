"""Detectors beside the hidden Markov model, behind the same interface."""

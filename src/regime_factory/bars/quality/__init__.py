"""The quality gate: which rows are kept, and what to know about the data."""

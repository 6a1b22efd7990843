"""Walk-forward use: refits on growing history, causal rows, the latest bars."""

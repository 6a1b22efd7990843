"""Raw OHLCV bars to market regimes and regime-aware models, leakage-safe from bar to report."""

import os

# Spinning OpenMP threads cost a busy two-core machine minutes; must be set before any import.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"

"""Raw OHLCV bars to market regimes and regime-aware models, leakage-safe from bar to report."""

import os
import warnings

# Spinning OpenMP threads cost a busy two-core machine minutes; must be set before any import.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Nothing leaves the user's machine, also where the file .telemetry is missing.
os.environ.setdefault("DO_NOT_TRACK", "1")

# Catalog names such as `hmm.model` are namespaced on purpose, also where another namespace reads
# them; this one warning of Kedro does not know that.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.' characters")

__version__ = "0.1.0"

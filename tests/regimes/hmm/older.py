"""States as older versions of the package saved them."""

from typing import Any

import numpy as np

from regime_factory.regimes.hmm.interchange import checksum


def as_format_2(state: dict[str, Any]) -> dict[str, Any]:
    """A model's state with a checksum of its arrays alone."""
    arrays = {name: np.array(array) for name, array in state["arrays"].items()}
    return {**state, "format_version": 2, "checksum": checksum(arrays)}

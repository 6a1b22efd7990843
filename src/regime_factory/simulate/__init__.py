"""Markets with known truth: bars from hidden states that are written down beside them."""

from regime_factory.simulate.market import SimulatedMarket, simulate_market

__all__ = ["SimulatedMarket", "simulate_market"]

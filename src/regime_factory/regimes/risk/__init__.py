"""Risk baselines beside every regime: volatility forecasts, drawdown probability, scores."""

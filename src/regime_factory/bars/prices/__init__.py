"""What prices mean: splits, dividends, contracts, back-adjustment."""

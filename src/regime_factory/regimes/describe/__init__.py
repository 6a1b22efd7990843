"""What models and regimes say about themselves: figures, statistics, agreement."""

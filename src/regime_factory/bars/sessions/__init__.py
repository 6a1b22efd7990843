"""When a market trades, what a bar of it is, and coarser bars out of base bars."""

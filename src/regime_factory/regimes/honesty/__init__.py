"""What regimes are worth, in numbers with intervals beside the rules they have to beat."""

"""What must hold of meals, written again from their documentation: the naive model, its invariants, its tables."""

"""Beds in the simulator: families and homes, the rules on the naive picture, planted mistakes."""

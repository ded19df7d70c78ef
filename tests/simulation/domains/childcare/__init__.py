"""Childcare in the simulator."""

"""Beds in a played day, and a simulated year of a district for measurements."""

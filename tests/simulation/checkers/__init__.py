"""Checkers of a simulated run: naive, over raw logs, sharing no code with `schemas`, `agents` or `streams`.

Why not `infra.checkers` alone: they read one long run of real servers and may take seconds; these judge hundreds of thousands of
short runs, look at every prefix, and foretell each placement from sorted lists. `test_two_readings` compares both on the same runs.
"""

"""Measurements of this machine: each module has one ``run``, which returns its figures."""

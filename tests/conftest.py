"""Fixtures that every test may ask for."""

pytest_plugins = ["tests.stack.servers", "tests.backstop", "tests.heavy_first"]

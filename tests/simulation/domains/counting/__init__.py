"""The smallest whole example of a simulated domain: areas that count and hold units (`tests.streams.counting`).

Not in the registry: `test_a_new_domain.py` plugs it in. Copy these four modules to begin with a domain of your own.
"""

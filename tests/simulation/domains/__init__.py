"""The simulated domains: one package each, one line in `registry.py`.

To plug in a domain ``d`` (all of it is in `port.SimDomain`; `counting` next door is the smallest whole example, `meals` the richest):

1. ``tests/simulation/domains/d/world.py``: what is out there in one area and what is sent about it (`port.SmallWorld`).
2. ``tests/simulation/domains/d/judging.py``: the naive picture and every rule at every prefix (`port.Judging`); no import of
   ``agents`` or ``streams``.
3. ``tests/simulation/domains/d/planted.py``: ``MISTAKES``, patches of the real code, each with the invariants that must complain.
4. ``tests/simulation/domains/d/part.py``: ``PART = SimDomain(...)``.
5. One line in ``registry.py``.
"""

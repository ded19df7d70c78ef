"""Childcare (社区"宝宝屋" 临时托/计时托), guidance and newborn visits: from a wish to a seat in a session, and what follows until the child
is collected. Sources: rules C-R1..C-R6, table 2.4 of the features page; seeds 000 (二), 001, 003, 004.

A bookable service is a declaration (`policy.ServiceRules`); everything else here is the engine that all of them share.
"""

from agents.childcare.domain import Childcare

DOMAIN = Childcare()

__all__ = ["DOMAIN", "Childcare"]

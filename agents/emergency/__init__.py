"""Emergency (一键紧急救援): from a pressed button to a closed incident and its call-back; the chain never stops by itself.

Read `domain` for the whole, `decide` for who answers which event, `seek` for whom it sends, `escalation` for the chain. Sources:
rules E-R1..E-R11 and table 2.1 of the features page; invariants E01-E12 of the reliability page.
"""

from agents.emergency.domain import Emergency

DOMAIN = Emergency()

__all__ = ["DOMAIN", "Emergency"]

"""Independent checkers: they read what really happened (sent log, raw topics, tables) and say which invariant it breaks.

They share no code with what they check: no import of schemas, agents or streams; the rules here are written again, from the
contract and the reliability page, in the plainest way. Read in this order: `logs`, `fold`, `domain`, a domain's package (`meals`),
`report`.
"""

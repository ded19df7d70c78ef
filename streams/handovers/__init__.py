"""What one domain must tell another: a fact becomes an event of another domain or area. The journal is the outbox (design, section 6).

Read `handover` for the interface, `registry` for the routes that exist.
"""

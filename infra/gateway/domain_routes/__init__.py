"""Each domain's own ways in, and what the gateway must know of it: one module a domain, listed in `registry`."""

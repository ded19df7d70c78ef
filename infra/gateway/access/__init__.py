"""Who may do what at the gateway: signed tokens, roles, one table of routes and one of events; infra/docs/access.md."""

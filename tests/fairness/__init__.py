"""The fairness audit (`infra.fairness`)."""

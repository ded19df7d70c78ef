"""District files; `infra.scenario.district` reads them."""

"""That the tests themselves end, whatever a machine or a failure does to them."""

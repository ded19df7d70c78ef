"""PostgreSQL: migrations, the migrator, read queries over what the projector made of the journals."""

-- Responders kept for planned work (schemas/emergency_units_facts.py): sent then only when nobody else can go. Null: never reserved.

ALTER TABLE emergency_units ADD COLUMN reserved_from_ms bigint;
ALTER TABLE emergency_units ADD COLUMN reserved_until_ms bigint;

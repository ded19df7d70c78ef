-- Orders that a neighbouring area is asked for or cooks, and what kitchens here hold for other areas (schemas/meals_neighbour_facts.py).

ALTER TABLE meals_orders DROP CONSTRAINT meals_orders_state_check;
ALTER TABLE meals_orders ADD CONSTRAINT meals_orders_state_check
    CHECK (state IN ('assigned', 'asked', 'elsewhere', 'unplaced', 'refused', 'cancelled', 'delivered', 'closed'));
ALTER TABLE meals_orders ADD COLUMN lending_area text;  -- the neighbour asked, or whose kitchen provider_id is; null: this area's own

-- Portions held here for an order of another area. Its person and its price are known there only.
CREATE TABLE meals_guests (
    area text NOT NULL,
    guest_id text NOT NULL,                 -- the request that asked for it
    state text NOT NULL CHECK (state IN ('assigned', 'released', 'closed', 'refused')),
    reason text,                            -- why refused, released or moved
    home_area text NOT NULL,
    home_order_id text NOT NULL,
    provider_id text,                       -- from here on null: refused
    day date,
    meal text,
    portions integer,
    service text,
    diets jsonb,
    distance_m integer,
    travel_s integer,
    closes_ms bigint,
    asked_ms bigint NOT NULL,
    changed_ms bigint NOT NULL,
    event_id text NOT NULL,
    PRIMARY KEY (guest_id, area)
);
CREATE INDEX meals_guests_of ON meals_guests (home_area, home_order_id);

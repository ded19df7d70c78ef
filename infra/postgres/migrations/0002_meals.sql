-- Meals (老年助餐): the facts of schemas/meals.py as rows. No rule is applied here; a row says what the facts said.

CREATE TABLE meals_providers (
    area text NOT NULL,
    provider_id text NOT NULL,
    name text,
    kind text,
    lat double precision,
    lon double precision,
    street text,
    services jsonb,
    diets jsonb,
    delivery_radius_m integer,
    listed_ms bigint,                       -- null: spoken of before it was listed
    closures jsonb NOT NULL,                -- [{from_ms, until_ms, reason}] not over when last recorded; until_ms null: further notice
    PRIMARY KEY (area, provider_id)
);

CREATE TABLE meals_closures (
    area text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,
    fact_index integer NOT NULL,
    provider_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('closed', 'reopened')),
    from_ms bigint NOT NULL,
    until_ms bigint,
    reason text,
    at_ms bigint NOT NULL,
    PRIMARY KEY (partition, journal_offset, record_index, fact_index)
);
CREATE INDEX meals_closures_of ON meals_closures (area, provider_id);

-- free = capacity - held - used. held: portions promised; used: handed out, or cooked and not reported.
CREATE TABLE meals_slots (
    area text NOT NULL,
    provider_id text NOT NULL,
    day date NOT NULL,
    meal text NOT NULL,
    capacity integer,                       -- null: portions were put here before any publication
    version bigint,
    cutoff_ms bigint,
    starts_ms bigint,
    ends_ms bigint,
    published_ms bigint,
    held integer NOT NULL,
    used integer NOT NULL,
    overcommits integer NOT NULL,           -- how often capacity fell below what was promised
    overcommitted boolean GENERATED ALWAYS AS (held + used > coalesce(capacity, 0)) STORED,
    PRIMARY KEY (day, area, meal, provider_id)
);

CREATE TABLE meals_orders (
    area text NOT NULL,
    order_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('assigned', 'unplaced', 'refused', 'cancelled', 'delivered', 'closed')),
    reason text,                            -- why refused, unplaced or cancelled; the result when closed
    person_id text NOT NULL,
    day date NOT NULL,
    meal text NOT NULL,
    portions integer NOT NULL,
    service text,
    diets jsonb,
    lat double precision,
    lon double precision,
    street text,
    provider_id text,
    distance_m integer,
    travel_s integer,
    price_fen bigint,
    subsidy_fen bigint,
    capacity_version bigint,
    cutoff_ms bigint,
    closes_ms bigint,
    late boolean NOT NULL,
    standing_order_id text,
    attempts integer NOT NULL,
    last_attempt text,
    next_attempt_ms bigint,
    report_by_ms bigint,
    welfare_check_ms bigint,
    placed_ms bigint NOT NULL,
    changed_ms bigint NOT NULL,
    event_id text NOT NULL,                 -- the decision that first spoke of this order
    PRIMARY KEY (order_id, area)
);
CREATE INDEX meals_orders_recent ON meals_orders (area, placed_ms DESC, order_id);

CREATE TABLE meals_order_history (
    area text NOT NULL,
    order_id text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,
    fact_index integer NOT NULL,
    at_ms bigint NOT NULL,
    fact_type text NOT NULL,
    data jsonb NOT NULL,
    why jsonb,                              -- the fact's own, when a deadline caused it; else it is the decision's
    event_id text NOT NULL,
    PRIMARY KEY (order_id, area, partition, journal_offset, record_index, fact_index)
);

-- Orders by where they stand now. near: those with a provider at most 15 minutes away.
CREATE TABLE meals_order_tallies (
    area text NOT NULL,
    day date NOT NULL,
    meal text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,                   -- '' when there is none
    orders bigint NOT NULL,
    portions bigint NOT NULL,
    near_orders bigint NOT NULL,
    PRIMARY KEY (day, area, meal, state, reason)
);

CREATE TABLE meals_standing_orders (
    area text NOT NULL,
    standing_order_id text NOT NULL,
    person_id text NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    meal text NOT NULL,
    portions integer NOT NULL,
    service text NOT NULL,
    diets jsonb NOT NULL,
    street text,
    age integer,
    categories jsonb NOT NULL,
    preferred_provider_id text,
    weekdays jsonb NOT NULL,
    from_day date NOT NULL,
    until_day date,
    paused_from date,
    paused_until date,
    stopped_from date,
    next_day date,                          -- null: no more orders will be made
    next_run_ms bigint,
    recorded_ms bigint NOT NULL,
    changed_ms bigint NOT NULL,
    event_id text NOT NULL,
    PRIMARY KEY (standing_order_id, area)
);

CREATE TABLE meals_standing_runs (
    area text NOT NULL,
    standing_order_id text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,
    fact_index integer NOT NULL,
    day date NOT NULL,
    order_id text,
    skipped text,
    at_ms bigint NOT NULL,
    PRIMARY KEY (standing_order_id, area, partition, journal_offset, record_index, fact_index)
);

CREATE TABLE meals_kitchen_counts (
    area text NOT NULL,
    provider_id text NOT NULL,
    day date NOT NULL,
    meal text NOT NULL,
    portions integer NOT NULL,
    by_service jsonb NOT NULL,
    by_diet jsonb NOT NULL,
    recounts integer NOT NULL,              -- corrections after the first count
    counted_ms bigint NOT NULL,
    PRIMARY KEY (day, area, meal, provider_id)
);

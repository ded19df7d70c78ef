-- Childcare (社区"宝宝屋" and what is booked like it): the facts of schemas/childcare*_facts.py as rows. No rule is applied here.
-- A birth date and a temperature stand in no row, since no fact carries them.

CREATE TABLE childcare_sites (
    area text NOT NULL,
    site_id text NOT NULL,
    name text,
    kind text,
    lat double precision,
    lon double precision,
    street text,
    listed_ms bigint,                       -- null: spoken of before it was listed
    closures jsonb NOT NULL,                -- [{from_ms, until_ms, reason}] not over when last recorded; until_ms null: further notice
    inspection_due_ms bigint,
    overdue_since_ms bigint,                -- when the visit was due that nobody made; null: none is overdue
    inspected_ms bigint,
    inspection_result text,
    PRIMARY KEY (area, site_id)
);

-- 一机构一档案, counted; its lines are below.
CREATE TABLE childcare_site_files (
    area text NOT NULL,
    site_id text NOT NULL,
    sessions bigint NOT NULL,               -- sessions that are over
    attended bigint NOT NULL,
    no_shows bigint NOT NULL,
    late_pickups bigint NOT NULL,
    ratio_breaches bigint NOT NULL,
    understaffed bigint NOT NULL,
    incidents bigint NOT NULL,
    inspections bigint NOT NULL,
    inspections_missed bigint NOT NULL,
    PRIMARY KEY (area, site_id)
);

CREATE TABLE childcare_file_lines (
    area text NOT NULL,
    site_id text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,
    fact_index integer NOT NULL,
    at_ms bigint NOT NULL,
    fact_type text NOT NULL,
    data jsonb NOT NULL,
    event_id text NOT NULL,
    PRIMARY KEY (area, site_id, partition, journal_offset, record_index, fact_index)
);

CREATE TABLE childcare_sessions (
    area text NOT NULL,
    session_id text NOT NULL,
    site_id text NOT NULL,
    service text NOT NULL,
    day date NOT NULL,
    mode text NOT NULL,
    starts_ms bigint NOT NULL,
    ends_ms bigint NOT NULL,
    closes_ms bigint NOT NULL,
    seats integer NOT NULL,
    staff_planned integer NOT NULL,
    staff_present integer,                  -- as reported; null: nobody has, the plan counts
    reported_ms bigint,
    weighted boolean NOT NULL,              -- whether the staff bound the weight of the children
    care_limit integer NOT NULL,            -- hundredths
    version bigint NOT NULL,
    published_ms bigint NOT NULL,
    closed_ms bigint,                       -- its line in the file was written then
    PRIMARY KEY (area, session_id)
);
CREATE INDEX childcare_sessions_of_day ON childcare_sessions (area, day, site_id, starts_ms);

-- free seats = seats - held - used; the same of care where the session is weighted.
CREATE TABLE childcare_seats (
    area text NOT NULL,
    session_id text NOT NULL,
    held integer NOT NULL,                  -- promised
    used integer NOT NULL,                  -- by children who came; stays when they leave
    care_held integer NOT NULL,
    care_used integer NOT NULL,
    present integer NOT NULL,               -- children in the room by their bookings of this session
    care_present integer NOT NULL,
    waiting integer NOT NULL,               -- in the waitlist, without an offer
    offered integer NOT NULL,               -- seats held for an open offer; they are in held too
    attended integer NOT NULL,
    no_shows integer NOT NULL,
    understaffed integer NOT NULL,
    ratio_breaches integer NOT NULL,
    PRIMARY KEY (area, session_id)
);

CREATE TABLE childcare_bookings (
    area text NOT NULL,
    booking_id text NOT NULL,
    state text NOT NULL CHECK (state IN (
        'waitlisted', 'offered', 'quota_asked', 'held', 'confirmed', 'checked_in', 'completed', 'no_show', 'turned_away', 'cancelled',
        'expired', 'declined', 'displaced', 'refused')),
    reason text,                            -- why refused, waiting, or ended
    child_id text NOT NULL,
    family_id text NOT NULL,
    service text NOT NULL,
    site_id text,
    session_id text,                        -- the first of its sessions, or the one asked for
    session_ids jsonb NOT NULL,
    day date NOT NULL,                      -- of care; of the request when it named none
    starts_ms bigint,
    ends_ms bigint,
    mode text,
    age_months integer,
    weight integer,
    units integer,
    free_units integer,
    quota_held integer NOT NULL,            -- units of this area's books still promised to it
    quota_left integer,
    quota_holder text,
    quota_year integer,
    quota text,                             -- what became of the quota: returned, consumed, kept, none; null: undecided
    price_fen bigint,
    provisional boolean NOT NULL,           -- the home area's answer is still out
    answered boolean NOT NULL,
    request_id text,                        -- the question to the home area
    home_area text,
    lat double precision,
    lon double precision,
    distance_m integer,
    travel_s integer,
    capacity_version bigint,
    group_id text,
    joined_to text,
    rank integer,
    offer_id text,
    offer_kind text,
    offered_ms bigint,
    deadline_ms bigint,                     -- of its state: to confirm, to answer, no-show, late pick-up; null: none
    level integer NOT NULL,                 -- steps taken because nobody collects the child
    checked_in_ms bigint,
    ended_ms bigint,
    late_s integer,
    placed_ms bigint NOT NULL,
    changed_ms bigint NOT NULL,
    event_id text NOT NULL,                 -- the decision that first spoke of it
    PRIMARY KEY (booking_id, area)
);
CREATE INDEX childcare_bookings_recent ON childcare_bookings (area, placed_ms DESC, booking_id);
CREATE INDEX childcare_bookings_present ON childcare_bookings (area, site_id) WHERE state = 'checked_in';
CREATE INDEX childcare_bookings_offers ON childcare_bookings (area, deadline_ms) WHERE state = 'offered';
CREATE INDEX childcare_bookings_waiting ON childcare_bookings (area, session_id, placed_ms) WHERE state = 'waitlisted';
CREATE INDEX childcare_bookings_of_child ON childcare_bookings (child_id, day);
CREATE INDEX childcare_bookings_of_session ON childcare_bookings (area, session_id);

CREATE TABLE childcare_booking_history (
    area text NOT NULL,
    booking_id text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,
    fact_index integer NOT NULL,
    at_ms bigint NOT NULL,
    fact_type text NOT NULL,
    data jsonb NOT NULL,
    why jsonb,                              -- the fact's own; else it is the decision's
    event_id text NOT NULL,
    PRIMARY KEY (booking_id, area, partition, journal_offset, record_index, fact_index)
);

-- Bookings by where they stand now. near: at most 15 minutes from the family.
CREATE TABLE childcare_booking_tallies (
    area text NOT NULL,
    day date NOT NULL,
    service text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,                   -- '' when there is none
    bookings bigint NOT NULL,
    free_bookings bigint NOT NULL,
    near_bookings bigint NOT NULL,
    PRIMARY KEY (day, area, service, state, reason)
);

-- A child's (or family's) sessions of a year in the books of its home area: left = granted - held - used.
CREATE TABLE childcare_quotas (
    area text NOT NULL,
    service text NOT NULL,
    holder text NOT NULL,
    year integer NOT NULL,
    granted integer NOT NULL,
    held integer NOT NULL,
    used integer NOT NULL,
    PRIMARY KEY (holder, area, service, year)
);

-- Questions of other areas, as this one decided them.
CREATE TABLE childcare_quota_requests (
    area text NOT NULL,
    request_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('reserved', 'denied', 'consumed', 'returned')),
    reason text,
    booking_id text,                        -- null: its settlement came before the question
    child_id text,
    service text,
    holder text,
    year integer,
    units_asked integer,
    units integer NOT NULL,
    asking_area text,
    settle_by_ms bigint,
    overdue integer NOT NULL,
    decided_ms bigint,
    settled_ms bigint,
    event_id text NOT NULL,
    PRIMARY KEY (request_id, area)
);
CREATE INDEX childcare_quota_requests_open ON childcare_quota_requests (area, settle_by_ms) WHERE state = 'reserved';

CREATE TABLE childcare_children (
    area text NOT NULL,
    child_id text NOT NULL,
    pickup_version bigint,
    pickup_persons jsonb,                   -- who may bring and collect it, opaque ids; null: whoever brought it
    no_shows integer NOT NULL,              -- in the policy's window when it was last restricted
    restricted_until_ms bigint,
    PRIMARY KEY (child_id, area)
);

CREATE TABLE childcare_entitlements (
    area text NOT NULL,
    entitlement_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('owed', 'met', 'unmet')),
    service text NOT NULL,
    holder_id text NOT NULL,
    year integer NOT NULL,
    sessions integer NOT NULL,
    had integer,
    due_ms bigint NOT NULL,
    recorded_ms bigint NOT NULL,
    ended_ms bigint,
    PRIMARY KEY (entitlement_id, area)
);
CREATE INDEX childcare_entitlements_of ON childcare_entitlements (holder_id, year);

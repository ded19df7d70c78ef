-- Beds (保基本养老床位统筹及轮候): the facts of schemas/beds_facts.py as rows. No rule is applied here.

CREATE TABLE beds_facilities (
    area text NOT NULL,
    facility_id text NOT NULL,
    name text,                              -- null while only its beds have been published (I09)
    lat double precision,
    lon double precision,
    street text,
    listed_ms bigint,
    version bigint NOT NULL,                -- highest of its publications
    reported_ms bigint,                     -- when it last spoke: the age of its data (C07)
    stale_at_ms bigint,
    silent boolean NOT NULL,                -- too long silent: its free beds are offered to nobody
    PRIMARY KEY (area, facility_id)
);

CREATE TABLE beds_beds (
    area text NOT NULL,
    facility_id text NOT NULL,
    bed_id text NOT NULL,
    bed_type text NOT NULL,
    sex text NOT NULL,                      -- f, m, any: of the room
    pool text NOT NULL,
    state text NOT NULL CHECK (state IN ('free', 'held', 'reserved', 'occupied', 'vacated', 'cleaning', 'closed')),
    published text NOT NULL,                -- the facility's last word, which our promise may contradict
    version bigint NOT NULL,                -- the publication that last changed what is known of it
    application_id text,                    -- whom it is held or reserved for
    offer_id text,
    resident_id text,                       -- admitted application of who lies here; null: somebody of the facility's own
    person_id text,
    until_ms bigint,                        -- end of a respite stay
    leave_until_ms bigint,                  -- in hospital; the bed stays theirs
    conflicted boolean NOT NULL,
    overdue text,                           -- leave, stay, cleaning
    changed_ms bigint NOT NULL,
    PRIMARY KEY (area, facility_id, bed_id)
);

CREATE TABLE beds_applications (
    area text NOT NULL,
    application_id text NOT NULL,
    state text NOT NULL CHECK (state IN (
        'queued', 'offered', 'accepted', 'suspended', 'reassess', 'admitted', 'refused', 'withdrawn', 'deceased', 'ineligible')),
    reason text,
    person_id text NOT NULL,
    lat double precision,                   -- the rest is null of a refused application
    lon double precision,
    street text,
    sex text,
    level integer,
    score integer,                          -- without the waiting bonus
    assessed_day date,
    assessment_until_ms bigint,
    categories jsonb,
    priority_class text,
    bed_types jsonb,                        -- those they are eligible for
    wished jsonb,
    choices jsonb,
    within_m integer,
    stay_days integer,
    eligible_day date,
    draw_id text,
    arrival bigint,
    emergency boolean NOT NULL,
    approver text,
    refusals integer NOT NULL,
    offers integer NOT NULL,
    offer_id text,                          -- the promise that stands
    facility_id text,                       -- of that promise, or where they live
    bed_id text,
    promised_until_ms bigint,
    suspension text,                        -- refusals, own_wish
    suspended_until_ms bigint,
    excluded jsonb NOT NULL,                -- facility to until when it is not offered to them; null: for good
    rank_first integer,                     -- rank when queued
    queued_ms bigint,
    admitted_ms bigint,
    waited_days integer,
    left_ms bigint,
    changed_ms bigint NOT NULL,
    event_id text NOT NULL,
    PRIMARY KEY (application_id, area)
);
CREATE INDEX beds_applications_open ON beds_applications (area, state)
    WHERE state IN ('queued', 'offered', 'accepted', 'suspended', 'reassess');
CREATE INDEX beds_applications_person ON beds_applications (person_id, area);
CREATE INDEX beds_applications_newest ON beds_applications (area, queued_ms DESC, application_id) WHERE lat IS NOT NULL;

CREATE TABLE beds_offers (
    area text NOT NULL,
    offer_id text NOT NULL,
    application_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'missed', 'released', 'admitted')),
    by text,                                -- who declined: applicant, facility
    reason text,                            -- coded; of a released one why the promise ended
    counted boolean,
    facility_id text NOT NULL,
    bed_id text NOT NULL,
    bed_type text NOT NULL,
    bed_sex text NOT NULL,
    pool text NOT NULL,
    lane text NOT NULL,                     -- own_street, pool
    distance_m integer NOT NULL,
    priority_class text,                    -- of the applicant, then
    criteria jsonb NOT NULL,                -- the order's criteria, and below their values (schemas/beds_facts.py: a sort key)
    sort_key jsonb NOT NULL,
    tie text NOT NULL,
    next_application_id text,               -- who came next among the suitable
    next_key jsonb,
    next_tie text,
    waiting integer NOT NULL,
    made_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    provisional boolean NOT NULL,           -- a year's calendar may yet move it
    answered_ms bigint,
    admit_by_ms bigint,
    ended_ms bigint,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    event_id text NOT NULL,
    PRIMARY KEY (offer_id, area)
);
CREATE INDEX beds_offers_newest ON beds_offers (area, made_ms DESC, journal_offset DESC, offer_id);
CREATE INDEX beds_offers_open ON beds_offers (area, expires_ms) WHERE state = 'open';
CREATE INDEX beds_offers_of ON beds_offers (application_id, area);

-- Every admission and every leaving, also outside the pool.
CREATE TABLE beds_placements (
    area text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,
    fact_index integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('admitted', 'vacated')),
    facility_id text NOT NULL,
    bed_id text NOT NULL,
    application_id text,
    offer_id text,
    bed_type text NOT NULL,
    pool text NOT NULL,
    cause text,
    sex text,
    waited_days integer,
    day date NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (area, partition, journal_offset, record_index, fact_index)
);
CREATE INDEX beds_placements_day ON beds_placements (area, day);

CREATE TABLE beds_application_history (
    area text NOT NULL,
    application_id text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,
    fact_index integer NOT NULL,
    at_ms bigint NOT NULL,
    fact_type text NOT NULL,
    data jsonb NOT NULL,
    why jsonb,
    event_id text NOT NULL,
    PRIMARY KEY (application_id, area, partition, journal_offset, record_index, fact_index)
);

-- Beds that became free otherwise than by the end of a promise, by day: what a forecast counts (B14).
CREATE TABLE beds_vacancies (
    area text NOT NULL,
    facility_id text NOT NULL,
    bed_type text NOT NULL,
    day date NOT NULL,
    freed bigint NOT NULL,
    PRIMARY KEY (area, facility_id, bed_type, day)
);

-- The district's share of pooled beds when it was last crossed (B-R2).
CREATE TABLE beds_pools (
    area text NOT NULL PRIMARY KEY,
    below_quota boolean NOT NULL,
    pooled integer NOT NULL,
    basic integer NOT NULL,
    percent_min integer NOT NULL,
    changed_ms bigint NOT NULL
);

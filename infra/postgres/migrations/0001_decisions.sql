-- What every domain's journal says: where its reader stands, every decision, tasks, policies.
-- Everything here can be dropped and made again from the journal; nothing here is the truth.
-- Instants are milliseconds since the epoch (UTC), as in the journal; days are civil dates in Asia/Shanghai.

CREATE TABLE journal_positions (
    domain text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    source_offset bigint NOT NULL,
    last_record bytea,                      -- hash of the record before next_offset: tells another journal from this one
    caught_up_at timestamptz,               -- wall clock: when the reader last had all the journal held
    PRIMARY KEY (domain, partition)
);

CREATE TABLE areas (
    domain text NOT NULL,
    area text NOT NULL,
    partition integer NOT NULL,
    now_ms bigint NOT NULL,                 -- the area's own clock at its last decision
    decisions bigint NOT NULL,
    PRIMARY KEY (domain, area)
);

-- The first decision of an id. Later answers to the same id are in decision_echoes.
CREATE TABLE decisions (
    event_id text NOT NULL,
    domain text NOT NULL,
    area text NOT NULL,
    event_type text NOT NULL,
    outcome text NOT NULL,
    reason text,
    decided_ms bigint NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,          -- place among the decisions of its journal record
    fact_count integer NOT NULL,
    subject text,
    correlationid text,
    policy jsonb NOT NULL,
    body jsonb NOT NULL,                    -- the whole decision as the contract shows it
    PRIMARY KEY (event_id, domain, area)
);
CREATE INDEX decisions_latest ON decisions (domain, area, decided_ms DESC, journal_offset DESC, record_index DESC);

CREATE TABLE decision_echoes (
    domain text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,
    event_id text NOT NULL,
    area text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('repeat', 'conflict', 'again')),  -- again: the memory of the id had ended
    decided_ms bigint NOT NULL,
    body jsonb,                             -- kept where it differs from the first decision: conflict, again
    PRIMARY KEY (domain, partition, journal_offset, record_index)
);
CREATE INDEX decision_echoes_of ON decision_echoes (event_id);

CREATE TABLE decision_tallies (
    domain text NOT NULL,
    area text NOT NULL,
    day date NOT NULL,                      -- on which it was decided
    event_type text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,                   -- '' when accepted
    decisions bigint NOT NULL,
    repeats bigint NOT NULL,
    PRIMARY KEY (domain, day, area, event_type, outcome, reason)
);

-- Events of an input record that were not decided there: quarantined, or sent on to their home.
CREATE TABLE events_set_aside (
    domain text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    set_aside_index integer NOT NULL,
    source_offset bigint NOT NULL,
    event_index integer,
    event_id text,
    reason text NOT NULL,
    home integer,
    PRIMARY KEY (domain, partition, journal_offset, set_aside_index)
);
CREATE INDEX events_set_aside_of ON events_set_aside (event_id) WHERE event_id IS NOT NULL;

CREATE TABLE owners (
    domain text NOT NULL,
    partition integer NOT NULL,
    epoch bigint NOT NULL,
    owner text NOT NULL,
    clock text NOT NULL,
    PRIMARY KEY (domain, partition, epoch)
);

CREATE TABLE owner_failures (
    domain text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    source_offset bigint NOT NULL,
    error text NOT NULL,
    PRIMARY KEY (domain, partition, journal_offset)
);

CREATE TABLE tasks (
    domain text NOT NULL,
    area text NOT NULL,
    task_id text NOT NULL,
    kind text NOT NULL,
    about text NOT NULL,
    owner text NOT NULL,
    detail jsonb NOT NULL,
    event_id text NOT NULL,                 -- the decision that opened it
    opened_ms bigint NOT NULL,
    closed_ms bigint,
    result text,
    PRIMARY KEY (domain, area, task_id)
);
CREATE INDEX tasks_open ON tasks (domain, area, opened_ms) WHERE closed_ms IS NULL;

CREATE TABLE policies (
    domain text NOT NULL,
    area text NOT NULL,
    policy text NOT NULL,
    version text NOT NULL,
    in_force_from date NOT NULL,
    parameters jsonb NOT NULL,
    source text NOT NULL,
    adopted_ms bigint NOT NULL,
    PRIMARY KEY (domain, area, policy, version)
);

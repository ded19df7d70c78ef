-- Emergency (一键紧急救援): the facts of schemas/emergency_facts.py and emergency_units_facts.py as rows. No rule is applied here.
-- A key safe's reference stands in no row: it is shown to whoever accepted, by the notification, and to nobody else (E19).

CREATE TABLE emergency_incidents (
    area text NOT NULL,
    call_id text NOT NULL,
    signal_id text NOT NULL,                -- call id of the signal; another one when call_id was used before
    state text NOT NULL CHECK (state IN (
        'received', 'answered', 'triaged', 'dispatched', 'accepted', 'en_route', 'on_scene', 'handed_over', 'closed', 'called_back')),
    channel text NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL,
    level integer NOT NULL,                 -- of the escalation; 0: the first seat
    told text NOT NULL,                     -- which seat was told last
    suggests text,                          -- the desk the chain advises to hand over to
    person_id text,
    device_id text,
    lat double precision,
    lon double precision,
    position_from text,
    needs_review jsonb NOT NULL,            -- what of the call could not be used, as codes
    dispatching boolean NOT NULL,
    manual boolean NOT NULL,                -- an operator chooses, not the rules
    operator_id text,
    triaged boolean NOT NULL,
    roles jsonb NOT NULL,                   -- the mix: [[role, skill...], ...]
    engaged jsonb NOT NULL,                 -- who is on it: {responder_id: asked | accepted | en_route | on_scene}
    served integer NOT NULL,                -- responders who were at the scene and have left
    short_roles jsonb NOT NULL,             -- [[role, reason], ...] nobody was found for; the search goes on
    signals integer NOT NULL,
    related_call_id text,
    correlationid text,
    policy text NOT NULL,
    contact_id text,                        -- the family contact who accepted
    handed_to text,
    reference text,                         -- that desk's own number
    outcome text,
    opened_ms bigint NOT NULL,
    answered_ms bigint,
    dispatched_ms bigint,
    accepted_ms bigint,
    arrived_ms bigint,
    handed_ms bigint,
    closed_ms bigint,
    callback_by_ms bigint,                  -- null: none is owed
    called_back_ms bigint,
    step_by_ms bigint,                      -- when the chain looks again; null when closed
    changed_ms bigint NOT NULL,
    event_id text NOT NULL,                 -- the decision that opened it
    PRIMARY KEY (call_id, area)
);
CREATE INDEX emergency_incidents_recent ON emergency_incidents (area, opened_ms DESC, call_id);
CREATE INDEX emergency_incidents_open ON emergency_incidents (area, opened_ms) WHERE closed_ms IS NULL;
CREATE INDEX emergency_incidents_callbacks ON emergency_incidents (area, callback_by_ms)
    WHERE callback_by_ms IS NOT NULL AND called_back_ms IS NULL;
CREATE INDEX emergency_incidents_signals ON emergency_incidents (signal_id);

-- One row for each responder of an incident: as it was asked last, and what came of that. Every asking is in the history.
CREATE TABLE emergency_dispatches (
    area text NOT NULL,
    call_id text NOT NULL,
    responder_id text NOT NULL,
    times integer NOT NULL,                 -- how often it was asked
    leg text NOT NULL CHECK (leg IN ('asked', 'accepted', 'en_route', 'on_scene', 'ended', 'released')),
    cause text,                             -- why it ended or was released
    role text NOT NULL,
    level integer NOT NULL,
    travel_s integer NOT NULL,
    distance_m integer NOT NULL,
    circle_m integer NOT NULL,
    data_age_s integer NOT NULL,            -- of its position when it was chosen; -1: it never said where it is
    fit boolean NOT NULL,
    rested boolean NOT NULL,
    override text,
    why jsonb,                              -- candidates and the rules that ruled them out
    asked_ms bigint NOT NULL,
    accept_by_ms bigint NOT NULL,
    accepted_ms bigint,
    en_route_ms bigint,
    arrived_ms bigint,
    checked_ms bigint,
    unheard integer NOT NULL,
    ended_ms bigint,
    event_id text NOT NULL,
    PRIMARY KEY (call_id, area, responder_id)
);

CREATE TABLE emergency_history (
    area text NOT NULL,
    call_id text NOT NULL,
    partition integer NOT NULL,
    journal_offset bigint NOT NULL,
    record_index integer NOT NULL,
    fact_index integer NOT NULL,
    at_ms bigint NOT NULL,
    fact_type text NOT NULL,
    data jsonb NOT NULL,
    why jsonb,                              -- the fact's own; else it is the decision's
    event_id text NOT NULL,
    PRIMARY KEY (call_id, area, partition, journal_offset, record_index, fact_index)
);
CREATE INDEX emergency_history_merged ON emergency_history ((data ->> 'call_id')) WHERE fact_type = 'emergency.call.merged.v1';

CREATE TABLE emergency_units (
    area text NOT NULL,
    responder_id text NOT NULL,
    kind text NOT NULL,
    base_lat double precision NOT NULL,
    base_lon double precision NOT NULL,
    lat double precision,                   -- null: it never said where it is
    lon double precision,
    fix_ms bigint,
    skills jsonb NOT NULL,
    max_travel_s integer,
    status text NOT NULL,
    status_ms bigint NOT NULL,
    call_id text,                           -- the incident it is on
    rest_until_ms bigint NOT NULL,
    listed_ms bigint NOT NULL,
    PRIMARY KEY (area, responder_id)
);

CREATE TABLE emergency_devices (
    area text NOT NULL,
    device_id text NOT NULL,
    kind text NOT NULL,
    person_id text,
    lat double precision,
    lon double precision,
    window_ms bigint NOT NULL,
    heard_ms bigint,
    due_ms bigint NOT NULL,
    missed integer NOT NULL,                -- steps of the ladder since it fell silent; 0: it lives
    battery_percent integer,
    battery_low boolean NOT NULL,
    listed_ms bigint NOT NULL,
    retired_ms bigint,
    retired_reason text,
    PRIMARY KEY (device_id, area)
);
CREATE INDEX emergency_devices_of_area ON emergency_devices (area) WHERE retired_ms IS NULL;

-- The coverage indicator (E-R1) is covered / counted over the rows that are eligible, live alone and have not ended.
CREATE TABLE emergency_coverage (
    area text NOT NULL,
    person_id text NOT NULL,
    lives_alone boolean NOT NULL,
    eligible boolean NOT NULL,
    lat double precision,
    lon double precision,
    contacts integer NOT NULL,              -- how many are on the list
    has_access boolean NOT NULL,
    covered boolean NOT NULL,               -- as last said while the person counts
    cause text,
    changed_ms bigint NOT NULL,
    ended_ms bigint,
    ended_reason text,
    PRIMARY KEY (person_id, area)
);
CREATE INDEX emergency_coverage_counted ON emergency_coverage (area) WHERE lives_alone AND eligible AND ended_ms IS NULL;

-- Times are milliseconds since the Unix epoch; documents are JSON, compressed by zstd where they are BLOB.

CREATE TABLE configs (
    id             TEXT    NOT NULL PRIMARY KEY,
    version        INTEGER NOT NULL,
    name           TEXT    NOT NULL,
    applications   TEXT    NOT NULL, -- a JSON array of names
    created_millis INTEGER NOT NULL,
    updated_millis INTEGER NOT NULL
);

-- Versions stay when their config is deleted: canaries name them.
CREATE TABLE config_versions (
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    document   BLOB    NOT NULL,
    author     TEXT    NOT NULL,
    at_millis  INTEGER NOT NULL,
    PRIMARY KEY (id, version)
);

CREATE TABLE canaries (
    id                TEXT    NOT NULL PRIMARY KEY, -- a ULID: sorts by time
    start_key         TEXT    NOT NULL UNIQUE,
    origin            TEXT    NOT NULL,
    application       TEXT    NOT NULL,
    config_id         TEXT    NOT NULL,
    config_version    INTEGER NOT NULL,
    config_name       TEXT    NOT NULL,
    caller            TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    verdict           TEXT    NOT NULL,
    score             DOUBLE PRECISION,
    reason            TEXT    NOT NULL,
    planned           INTEGER NOT NULL,
    looks             INTEGER NOT NULL,
    created_millis    INTEGER NOT NULL,
    ended_millis      INTEGER, -- NULL while it is under way
    next_millis       INTEGER NOT NULL,
    attempts          INTEGER NOT NULL,
    since_millis      INTEGER NOT NULL,
    lease_owner       TEXT    NOT NULL,
    lease_millis      INTEGER NOT NULL,
    bytes             INTEGER NOT NULL,
    document          BLOB    NOT NULL
);
CREATE INDEX canaries_due ON canaries (next_millis) WHERE ended_millis IS NULL;
CREATE INDEX canaries_ended ON canaries (ended_millis) WHERE ended_millis IS NOT NULL;
CREATE INDEX canaries_application ON canaries (application, id);
CREATE INDEX canaries_config ON canaries (config_name, id);
CREATE INDEX canaries_config_id ON canaries (config_id, id);
CREATE INDEX canaries_state ON canaries (state, id);
CREATE INDEX canaries_verdict ON canaries (verdict, id);
CREATE INDEX canaries_origin ON canaries (origin, application, id);

CREATE TABLE looks (
    canary_id      TEXT    NOT NULL REFERENCES canaries (id) ON DELETE CASCADE,
    number         INTEGER NOT NULL,
    began_millis   INTEGER NOT NULL,
    ended_millis   INTEGER NOT NULL,
    score          DOUBLE PRECISION,
    verdict        TEXT    NOT NULL,
    metric_set_id  TEXT    NOT NULL,
    document       BLOB    NOT NULL,
    PRIMARY KEY (canary_id, number)
);

CREATE TABLE metric_sets (
    id         TEXT    NOT NULL PRIMARY KEY,
    canary_id  TEXT    NOT NULL REFERENCES canaries (id) ON DELETE CASCADE,
    document   BLOB    NOT NULL
);
CREATE INDEX metric_sets_canary ON metric_sets (canary_id);

CREATE TABLE audit (
    id         TEXT    NOT NULL PRIMARY KEY,
    at_millis  INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    detail     TEXT    NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, id);

-- Canaries that ended and whose end is still to be sent to the webhook.
CREATE TABLE deliveries (
    canary_id     TEXT    NOT NULL PRIMARY KEY REFERENCES canaries (id) ON DELETE CASCADE,
    since_millis  INTEGER NOT NULL,
    next_millis   INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    lease_owner   TEXT    NOT NULL,
    lease_millis  INTEGER NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (next_millis);

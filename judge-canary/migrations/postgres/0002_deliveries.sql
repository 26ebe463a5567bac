-- Canaries that ended and whose end is still to be sent to the webhook.
CREATE TABLE deliveries (
    canary_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES canaries (id) ON DELETE CASCADE,
    since_millis  BIGINT NOT NULL,
    next_millis   BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    lease_owner   TEXT    NOT NULL,
    lease_millis  BIGINT NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (next_millis);

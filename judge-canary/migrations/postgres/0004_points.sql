-- Number of points of the series, for the memory that they take before they are read: equal points are compressed to next to
-- nothing. Older series have 0.
ALTER TABLE metric_sets ADD COLUMN points BIGINT NOT NULL DEFAULT 0;

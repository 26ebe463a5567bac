-- What a search of the list reads, so that it passes over this index rather than over rows with their documents. `list` searches
-- the same expression. PostgreSQL keeps long documents apart from their rows, and could not index a long reason.
CREATE INDEX canaries_search
    ON canaries (id, LOWER(application || ' ' || config_name || ' ' || caller || ' ' || reason));

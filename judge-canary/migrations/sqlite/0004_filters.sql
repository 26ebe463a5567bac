-- The index that a search passes over has the columns of all filters too, or it would read a row for each canary that another
-- index finds. What a start looks back at, the releases of its application, has an index of its own.
DROP INDEX canaries_search;
CREATE INDEX canaries_search
    ON canaries (id, application, config_name, config_id, origin, state, verdict,
                 LOWER(application || ' ' || config_name || ' ' || caller || ' ' || reason));
CREATE INDEX canaries_releases ON canaries (application, verdict, id);

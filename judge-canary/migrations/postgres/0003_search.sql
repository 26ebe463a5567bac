-- What a search of the list reads, by its trigrams: `list` searches the same expression. The extension comes with PostgreSQL, and
-- who owns a database may create it. Where that is not so, a search reads every row.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX canaries_search ON canaries USING gin (
        (LOWER((application || ' ' || config_name || ' ' || caller || ' ' || reason) COLLATE "C")) gin_trgm_ops);
EXCEPTION
    WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
        RAISE WARNING 'a search of canaries reads every row: %', SQLERRM;
END
$$;

-- The collection in DuckDB. From this folder:  duckdb -init views.sql
-- From elsewhere:  SET file_search_path = '<this folder>';  then read this file.
-- newsieve writes it after each run: put views of your own into another file.

CREATE OR REPLACE VIEW articles AS
SELECT * FROM read_parquet('runs/*/articles/*.parquet', union_by_name = true);

CREATE OR REPLACE VIEW duplicates AS
SELECT * FROM read_parquet('runs/*/duplicates/*.parquet', union_by_name = true);

CREATE OR REPLACE VIEW rejects AS
SELECT * FROM read_parquet('runs/*/rejects/*.parquet', union_by_name = true);

CREATE OR REPLACE VIEW runs AS
SELECT run_id, sequence, parent, logical_date, newsieve, counts.read, counts.articles, counts.duplicates, counts.rejects, counts.unchanged FROM read_json('runs/*/manifest.json', columns = {run_id: 'VARCHAR', sequence: 'BIGINT', parent: 'VARCHAR', logical_date: 'DATE', newsieve: 'VARCHAR', counts: 'STRUCT(read BIGINT, articles BIGINT, duplicates BIGINT, rejects BIGINT, unchanged BIGINT)'});

-- The latest version of each story: articles that no other revises.
CREATE OR REPLACE VIEW latest_articles AS
SELECT * FROM articles
WHERE id NOT IN (SELECT revision_of FROM articles WHERE revision_of IS NOT NULL);

-- A row a member of a cluster: the articles that are kept and the copies that are not.
CREATE OR REPLACE VIEW cluster_members AS
SELECT cluster_id, id, 'article' AS kept_as, id AS representative_id, NULL AS match,
    NULL AS similarity, site, url, title, date_published, run_id
FROM articles
UNION ALL
SELECT cluster_id, id, 'duplicate', representative_id, match,
    similarity, site, url, title, date_published, run_id
FROM duplicates;

-- A row a cluster: how many members, from which sites, and since when.
CREATE OR REPLACE VIEW clusters AS
SELECT cluster_id,
    count(*) FILTER (kept_as = 'article') AS articles,
    count(*) FILTER (kept_as = 'duplicate') AS duplicates,
    list(DISTINCT site ORDER BY site) FILTER (site IS NOT NULL) AS sites,
    min(date_published) AS first_published,
    max(date_published) AS last_published,
    list(id ORDER BY kept_as, id) AS ids
FROM cluster_members GROUP BY cluster_id;

-- The account by site. Rejects have no site: they stand under null, as what has no address does.
CREATE OR REPLACE VIEW account_by_site AS
SELECT site,
    count(*) FILTER (outcome = 'article') AS articles,
    count(*) FILTER (outcome = 'duplicate') AS duplicates,
    count(*) FILTER (outcome = 'reject') AS rejects
FROM (
    SELECT site, 'article' AS outcome FROM articles
    UNION ALL SELECT site, 'duplicate' FROM duplicates
    UNION ALL SELECT NULL, 'reject' FROM rejects
) GROUP BY site;

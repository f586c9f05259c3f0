-- The collection in DuckDB. From this folder:  duckdb -init views.sql
-- From elsewhere:  SET file_search_path = '<this folder>';  then read this file.
-- newsieve writes it after each run: put views of your own into another file.

{% macro empty(types) %}
SELECT {% for name, type in types.items() %}NULL::{{ type }} AS "{{ name }}"{{ ", " if not loop.last else "" }}{% endfor %} WHERE false
{%- endmacro %}
{% for table in tables %}
CREATE OR REPLACE VIEW {{ table.name }} AS
{% if table.files %}
SELECT * FROM read_parquet({{ table.files }}, union_by_name = true)
UNION ALL BY NAME {% endif %}
{{ empty(table.types) }};

{% for name, doc in table.docs.items() %}
COMMENT ON COLUMN {{ table.name }}.{{ name }} IS {{ doc | quoted }};
{% if loop.last %}

{% endif %}
{% endfor %}
{% endfor %}
CREATE OR REPLACE VIEW runs AS
SELECT {{ facts | join(", ") }}{% for name in counted %}, counts.{{ name }}{% endfor %} FROM {% if by_glob %}
read_json('runs/*/manifest.json', columns = { {%- for name, type in (facts | items | list) + [("counts", counts)] %}{{ name }}: '{{ type }}'{{ ", " if not loop.last else "" }}{% endfor %}});
{% elif manifests %}
(SELECT * FROM (VALUES {% for each in manifests %}
({% for name, type in facts.items() %}{{ each.get(name) | quoted }}::{{ type }}, {% endfor %}
{ {%- for name in counted %}{{ name }}: {{ each.counts[name] }}{{ ", " if not loop.last else "" }}{% endfor %}}){{ ", " if not loop.last else "" }}
{%- endfor %}) AS told({{ facts | join(", ") }}, counts));
{% else %}
({{ empty(dict(facts, counts=counts)) }});
{% endif %}

-- The latest version of each page: what was fetched last, or read last where that is unknown. A
-- page that changes back shows an earlier version again.
CREATE OR REPLACE VIEW latest_articles AS
WITH seen AS (
    SELECT id, row_number() OVER (
        ORDER BY coalesce(fetched_at, logical_date::TIMESTAMPTZ), run_id,
            regexp_replace(source, '#\d+$', ''),
            try_cast(regexp_extract(source, '#(\d+)$', 1) AS BIGINT), id DESC
    ) AS place
    FROM (
        SELECT id, fetched_at, logical_date, run_id, source FROM articles
        UNION ALL SELECT id, fetched_at, logical_date, run_id, source FROM sightings
    )
)
SELECT articles.* FROM articles
JOIN (SELECT id, max(place) AS place FROM seen GROUP BY id) AS last USING (id)
WHERE id IN (SELECT id FROM sightings)
    OR id NOT IN (SELECT revision_of FROM articles WHERE revision_of IS NOT NULL)
QUALIFY row_number() OVER (PARTITION BY coalesce(page_id, id) ORDER BY last.place DESC) = 1;

-- One row per member of a cluster: the articles that are kept and the copies that are not.
CREATE OR REPLACE VIEW cluster_members AS
SELECT cluster_id, id, 'article' AS kept_as, id AS representative_id, NULL AS match,
    NULL AS similarity, site, url, title, date_published, run_id
FROM articles
UNION ALL
SELECT cluster_id, id, 'duplicate', representative_id, match,
    similarity, site, url, title, date_published, run_id
FROM duplicates;

-- One row per cluster: how many members, from which sites, and since when.
CREATE OR REPLACE VIEW clusters AS
SELECT cluster_id,
    count(*) FILTER (kept_as = 'article') AS articles,
    count(*) FILTER (kept_as = 'duplicate') AS duplicates,
    list(DISTINCT site ORDER BY site) FILTER (site IS NOT NULL) AS sites,
    min(date_published) AS first_published,
    max(date_published) AS last_published,
    list(id ORDER BY kept_as, id) AS ids
FROM cluster_members GROUP BY cluster_id;

-- One row per cluster with the best of all members: the text of its article, and each fact from
-- the article if it has it, else from a copy; dated by the earliest publication.
CREATE OR REPLACE VIEW stories AS
SELECT cluster_id,
    first(id ORDER BY place) AS id,
    first(title ORDER BY title IS NULL, place) AS title,
    first(authors ORDER BY len(authors) = 0, place) AS authors,
    min(date_published) AS date_published,
    first(url ORDER BY url IS NULL, place) AS url,
    first(section ORDER BY section IS NULL, place) AS section,
    first(language ORDER BY language IS NULL, place) AS language,
    first(text ORDER BY place) AS text,
    list(DISTINCT site ORDER BY site) FILTER (site IS NOT NULL) AS sites,
    count(*) AS members
FROM (
    SELECT *, row_number() OVER (
        ORDER BY is_copy, is_older, fuller_than IS NULL, word_count DESC, id
    ) AS place
    FROM (
        SELECT *, false AS is_copy, id NOT IN (SELECT id FROM latest_articles) AS is_older
        FROM articles
        UNION ALL BY NAME
        SELECT * EXCLUDE (evidence), true AS is_copy, false AS is_older FROM duplicates
    )
) GROUP BY cluster_id;

-- The account by site. Records without a known site are counted under null.
CREATE OR REPLACE VIEW account_by_site AS
SELECT site,
    count(*) FILTER (outcome = 'article') AS articles,
    count(*) FILTER (outcome = 'duplicate') AS duplicates,
    count(*) FILTER (outcome = 'reject') AS rejects
FROM (
    SELECT site, 'article' AS outcome FROM articles
    UNION ALL SELECT site, 'duplicate' FROM duplicates
    UNION ALL SELECT site, 'reject' FROM rejects
) GROUP BY site;

-- A word that many messages have was looked for among all of them: the index gathered every message with it, as many
-- as the years have brought, and the first few of those, which are the oldest, were taken. Each message now belongs to
-- spans of time, and a search looks through the newest span first and ends when it has enough. Programs that
-- know nothing of spans go on finding words by this index, and leave others' messages out one by one.

create function axis_search_spans(tenant text, at timestamptz) returns text[]
  language sql immutable strict parallel safe
  return array[
    tenant || '/day' || ((at at time zone 'UTC')::date - date '2000-01-01'),
    tenant || '/week' || ((at at time zone 'UTC')::date - date '2000-01-01') / 7,
    tenant || '/quarter' || ((at at time zone 'UTC')::date - date '2000-01-01') / 91,
    tenant
  ];
comment on function axis_search_spans is
  'The spans of time of a tenant that a moment belongs to, narrowest first: a day, 7 days, 91 days, ever';

drop index messages_search;
create index messages_search on messages
  using gin (axis_search_spans(tenant_id, created_at), to_tsvector('simple', left(content, 20000)))
  with (fastupdate = off)
  where content is not null;
grant select (created_at) on messages to axis_search;

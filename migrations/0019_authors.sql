-- Who wrote a message here, for Chatwoot's own copy of it names one of its users; and how long it will be tried.

alter table messages
  add column author_type text,
  add column author_id text,
  add column author_name text,
  add column outbound_most_attempts integer;
comment on column messages.author_type is 'member or api_key: who wrote it here; null for what was not written here, or by a program of before';
comment on column messages.author_id is 'Their id within the tenant';
comment on column messages.outbound_most_attempts is 'At how many tries it counts as failed; null before the first, and for others';

-- Who did what, by any way in. Rows are added and read; nobody changes or removes one, the schema's
-- owner included.

create table audit (
  id uuid primary key,
  at timestamptz not null default now(),
  actor text not null,
  source text not null,
  action text not null,
  target text not null,
  tenant_id text,
  account_id uuid,
  count bigint,
  details jsonb not null default '{}'
);
comment on table audit is 'What people and machines did here, for good';
comment on column audit.at is 'When it was written down';
comment on column audit.actor is 'Who did it: an operator''s name, or the principal of a request';
comment on column audit.source is 'Where it was done: axis (the operator''s tool) or api';
comment on column audit.action is 'What was done: dead-letters redrive, replay, …';
comment on column audit.target is 'To what it was done, in words';
comment on column audit.tenant_id is 'Whose data; null: everybody''s or nobody''s. No reference: the row outlives its tenant';
comment on column audit.account_id is 'The Chatwoot account, if it was about one';
comment on column audit.count is 'To how many; null while it is under way, or where there is nothing to count';
comment on column audit.details is 'What else is to be known: why, before, after, how it ended';
create index audit_newest on audit (at desc, id desc);
create index audit_of_tenant on audit (tenant_id, at desc, id desc);
select axis_fence('audit', 'select, insert', 'select, insert');

create function axis_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
comment on function axis_append_only is 'Refuses to change or remove rows';
create trigger audit_append_only before update or delete or truncate on audit
  for each statement execute function axis_append_only();

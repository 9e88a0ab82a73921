-- How far a replay was, only the program knew that ran it.
-- Where somebody reads the audit for long, as a backup does, this gives up at once and is to be run again.
set local lock_timeout = '1s';

create table audit_progress (
  begun uuid primary key references audit,
  tenant_id text,
  done bigint not null,
  total bigint not null,
  count bigint not null,
  at timestamptz not null
);
comment on table audit_progress is 'How far is what the audit says has begun and not that it has ended';
comment on column audit_progress.begun is 'The audit''s entry of its beginning';
comment on column audit_progress.tenant_id is 'As in that entry';
comment on column audit_progress.done is 'How much of it is done, of what there is to look at';
comment on column audit_progress.total is 'How much that is, at most';
comment on column audit_progress.count is 'To how many it has been done so far';
comment on column audit_progress.at is 'When this was so';
select axis_fence('audit_progress', 'select', 'select, insert, update, delete');

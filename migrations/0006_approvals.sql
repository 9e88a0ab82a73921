create table approvals (
  id uuid primary key,
  tenant_id text not null references tenants,
  conversation_id uuid not null references conversations,
  kind text not null,
  status text not null default 'submitted'
    check (status in ('submitted', 'approved', 'rejected', 'withdrawn')),
  reason text not null,
  metadata jsonb not null default '{}',
  requested_by text not null,
  decided_by text,
  decision text,
  created_at timestamptz not null default now(),
  decided_at timestamptz
);
comment on table approvals is 'What was asked of those who may decide';
comment on column approvals.kind is 'escalation, refund, discount, …: open';
comment on column approvals.metadata is 'What was asked, frozen';
comment on column approvals.requested_by is 'Who asked';
comment on column approvals.decision is 'The decider''s words';
create index approvals_newest on approvals (tenant_id, created_at desc, id desc);
create index approvals_of_conversation on approvals (conversation_id);
select axis_fence('approvals', 'select, insert, update', 'select');

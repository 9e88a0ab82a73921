-- Callers are told apart by their kind too, and accounts may be disconnected.

-- A person and a machine may have the same id. Written by programs of before, a name without its kind
-- is given one here; what such a program writes beside a new one is a draft of its own.
alter table drafts no force row level security;
alter table api_keys no force row level security;
update drafts d
set principal_id = case
  when exists (select from api_keys k where k.id::text = d.principal_id) then 'api_key '
  else 'member '
end || d.principal_id
where d.principal_id !~ '^(member|api_key) ';
alter table drafts force row level security;
alter table api_keys force row level security;
comment on column drafts.principal_id is 'The caller, within the tenant: member or api_key, a space, the id';
comment on column idempotency_keys.principal_id is 'The caller, within the tenant: member or api_key, a space, the id';

alter table approvals
  add column requested_by_kind text check (requested_by_kind in ('member', 'api_key')),
  add column decided_by_kind text check (decided_by_kind in ('member', 'api_key'));
comment on column approvals.requested_by_kind is 'What requested_by_id names: member or api_key; null: written by a program that did not say';
comment on column approvals.decided_by_kind is 'What decided_by_id names, likewise';

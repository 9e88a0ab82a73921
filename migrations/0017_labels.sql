-- Conversations by label, to find those of a rare one: the fence keeps the operators of arrays from using
-- an index before a row's tenant was checked, so the one over `labels` was never used, and every event
-- paid for it. Equality of text may.

create table conversation_labels (
  tenant_id text not null references tenants,
  label text not null,
  conversation_id uuid not null references conversations on delete cascade,
  primary key (tenant_id, label, conversation_id)
);
comment on table conversation_labels is 'What conversations.labels says, by label; kept by a trigger on it';
create index conversation_labels_of_conversation on conversation_labels (conversation_id);
select axis_fence('conversation_labels', 'select, insert, delete', 'select, insert, delete');

-- By a trigger, so that no writer of labels, of whatever version, can forget it; most events do not
-- change labels and pay nothing.
create function axis_keep_labels() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from conversation_labels l
    where l.conversation_id = new.id and l.label <> all (new.labels);
  end if;
  insert into conversation_labels (tenant_id, label, conversation_id)
  select new.tenant_id, label, new.id from unnest(new.labels) label
  on conflict do nothing;
  return null;
end
$$;
comment on function axis_keep_labels is 'Writes conversation_labels as conversations.labels has it';
create trigger conversations_labelled after insert on conversations
  for each row when (new.labels <> '{}') execute function axis_keep_labels();
create trigger conversations_labels_changed after update on conversations
  for each row when (old.labels is distinct from new.labels) execute function axis_keep_labels();

alter table conversations no force row level security;
insert into conversation_labels (tenant_id, label, conversation_id)
select distinct c.tenant_id, label, c.id from conversations c cross join unnest(c.labels) label;
alter table conversations force row level security;

drop index conversations_by_label;

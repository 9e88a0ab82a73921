-- A conversation whose labels are many, and then as many others, kept its rows locked for minutes: each old label was
-- looked for in all of the new ones. As a subquery they are hashed.

create or replace function axis_keep_labels() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from conversation_labels l
    where l.conversation_id = new.id and l.label not in (select unnest(new.labels));
  end if;
  insert into conversation_labels (tenant_id, label, conversation_id)
  select new.tenant_id, label, new.id from unnest(new.labels) label
  on conflict do nothing;
  return null;
end
$$;

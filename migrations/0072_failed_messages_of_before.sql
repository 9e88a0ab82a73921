-- no-transaction
-- The messages that had failed before, some thousand looked at at a time, each time in a transaction of its own. What
-- changes meanwhile is kept by the triggers of the migration before this one. One statement only, or it could not commit.

do $$
declare
  place uuid := '00000000-0000-0000-0000-000000000000';
  last uuid;
begin
  loop
    -- The owner of the tables need not be let through their fences.
    perform set_config('role', 'axis_worker', true);
    last := (select id from messages where id > place order by id offset 4999 limit 1);
    insert into failed_messages (message_id, conversation_id, tenant_id, failed_at)
    select m.id, m.conversation_id, m.tenant_id, axis_failed_at(m)
    from messages m
    where m.id > place and m.id <= coalesce(last, 'ffffffff-ffff-ffff-ffff-ffffffffffff') and axis_failed(m)
    -- Whoever changes one now is waited for: it may have failed no more.
    for share of m
    on conflict do nothing;
    commit;
    exit when last is null;
    place := last;
  end loop;
end
$$;

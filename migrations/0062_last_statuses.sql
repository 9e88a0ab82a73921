-- no-transaction
-- A sweep looks for the last change of a conversation's status, and read its whole timeline where there was none. The index
-- of a part keeps writers of that month waiting while it is made, for as long as it takes to read the part once; each is a
-- transaction of its own, which gives up at once where somebody reads for long. This one may be in no transaction, so
-- it is one statement.

do $$
declare
  part text;
begin
  perform set_config('lock_timeout', '1s', true);
  create index if not exists activities_statuses
    on only activities (conversation_id, occurred_at desc, id desc)
    where kind = 'conversation_status_changed';
  commit;
  foreach part in array array(
    select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'activities'::regclass
      -- A part that was made meanwhile has it.
      and not exists (
        select from pg_inherits a join pg_index x on x.indexrelid = a.inhrelid
        where a.inhparent = 'activities_statuses'::regclass and x.indrelid = i.inhrelid)
    order by 1
  ) loop
    perform set_config('lock_timeout', '1s', true);
    execute format('create index if not exists %I on %I (conversation_id, occurred_at desc, id desc)
                      where kind = ''conversation_status_changed''', part || '_statuses', part);
    execute format('alter index activities_statuses attach partition %I', part || '_statuses');
    commit;
  end loop;
end
$$;

-- How fast events are processed is counted by when they were, however long they had waited. They are
-- written in that order, so that an index of ranges of pages is enough: it costs an event nothing.
-- Parts of longer ago than last month are left out: their events do not count, and workers would wait
-- for as long as it takes to read all of them.
create index webhook_events_processed on only webhook_events
  using brin (processed_at) with (autosummarize = on);
do $$
declare
  part text;
begin
  for part in
    select relname from pg_class join pg_inherits on inhrelid = oid
    where inhparent = 'webhook_events'::regclass
      and relname >= 'webhook_events_' || to_char((now() at time zone 'utc') - interval '1 month', 'YYYY_MM')
  loop
    execute format('create index %I on %I using brin (processed_at) with (autosummarize = on)',
                   part || '_processed', part);
    execute format('alter index webhook_events_processed attach partition %I', part || '_processed');
  end loop;
end
$$;

-- What waits behind another command of its conversation is published ever more seldom. So whoever removes a command has the
-- next one published within a minute, as if it had been the first all the time.
set local lock_timeout = '1s';

-- With plans that hold however many rows there will be.
create function axis_outbox_goes_on() returns trigger language plpgsql set enable_seqscan = off as $$
begin
  update outbox o set due_at = greatest(now() + interval '1 minute', o.not_before)
  where o.operation_id in (
    select next.operation_id
    from (select distinct g.conversation_id from gone g) g cross join lateral (
      select n.operation_id from outbox n
      where n.operation_id = (
        select first.operation_id from outbox first
        where first.conversation_id = g.conversation_id
        order by first.sequence limit 1
      ) and n.due_at > greatest(now() + interval '1 minute', n.not_before)
      -- A relay that has it locked publishes it, and sees that it is the first one now.
      for update skip locked
    ) next
  );
  return null;
end
$$;
comment on function axis_outbox_goes_on is 'Has the command behind one that is gone published soon';
create trigger outbox_goes_on after delete on outbox referencing old table as gone
  for each statement execute function axis_outbox_goes_on();

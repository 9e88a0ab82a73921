-- no-transaction
-- The rows that were there, a few at a time, each time in a transaction of its own. It waits for nobody: a row that
-- somebody has locked is left and looked at again. One statement only, or it could not commit.

do $$
declare
  place uuid;
begin
  for walk in 1 .. 600 loop
    place := '00000000-0000-0000-0000-000000000000';
    while place is not null loop
      -- The owner of the tables need not be let through their fences.
      perform set_config('role', 'axis_worker', true);
      with free as (
        select id from conversations where id > place and activity_minute is null
        order by id limit 500 for update skip locked
      ), kept as (
        update conversations c set activity_minute = axis_minute(c.last_activity_at)
        from free where c.id = free.id returning c.id
      )
      select (select id from kept order by id desc limit 1) into place;
      commit;
    end loop;
    perform set_config('role', 'axis_worker', true);
    if not exists (select from conversations where activity_minute is null) then
      return;
    end if;
    commit;
    perform pg_sleep(0.1);
  end loop;
  raise exception 'somebody keeps conversations locked for long: run this again';
end
$$;

-- One row dated in a month that had yet to come went into the default part, and that month got no part of its own any
-- more: all of its rows went there too, and retention could not drop them. Now a few such rows move into the new part.
-- Meanwhile nobody else has the default part, hence not more of them.

create or replace function axis_make_partitions(months_ahead integer default 2)
returns void language plpgsql security definer set search_path from current set lock_timeout = '1s' as $$
declare
  parent text;
  month date;
  part text;
  rest text;
  begins text;
  ends text;
  at text;
  many boolean;
begin
  -- One maker at a time, so that two programs that start together do not collide.
  perform pg_advisory_xact_lock(hashtext('axis_make_partitions'));
  foreach parent in array array['activities', 'webhook_events'] loop
    rest := parent || '_other';
    at := case parent when 'activities' then 'occurred_at' else 'received_at' end;
    for ahead in -1..months_ahead loop
      month := (date_trunc('month', now() at time zone 'utc') + make_interval(months => ahead))::date;
      part := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
      begins := month::text || ' 00:00:00+00';
      ends := (month + interval '1 month')::date::text || ' 00:00:00+00';
      if to_regclass(part) is not null then
        continue;
      end if;
      begin
        execute format('create table %I partition of %I for values from (%L) to (%L)',
                       part, parent, begins, ends);
        continue;
      exception
        when check_violation then null;
      end;
      execute format('select count(*) > 10000
                      from (select from %I where %I >= %L and %I < %L limit 10001) rows',
                     rest, at, begins, at, ends) into many;
      if many then
        -- It goes on taking them.
        raise warning 'part % cannot be made: the default part of % holds many rows of that month', part, parent;
        continue;
      end if;
      -- In the order in which whoever writes takes the locks.
      execute format('lock table only %I in share update exclusive mode', parent);
      execute format('lock table %I in access exclusive mode', rest);
      execute format('create table %I (like %I including defaults)', part, parent);
      execute format('with moved as (delete from %I where %I >= %L and %I < %L returning *)
                      insert into %I select * from moved', rest, at, begins, at, ends, part);
      execute format('alter table %I attach partition %I for values from (%L) to (%L)',
                     parent, part, begins, ends);
    end loop;
  end loop;
end
$$;

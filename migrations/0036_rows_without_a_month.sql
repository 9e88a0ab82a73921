-- What `axis db check` counts with the rights of any login, not of the tables' owner alone.

create function axis_rows_without_a_month()
returns table (parent text, rows bigint)
language sql stable security definer set search_path from current as $$
  select 'activities', count(*) from activities_other
  union all
  select 'webhook_events', count(*) from webhook_events_other
$$;
comment on function axis_rows_without_a_month is 'How many rows are in the default parts, which are granted to nobody';
revoke all on function axis_rows_without_a_month from public;
grant execute on function axis_rows_without_a_month to axis_worker;

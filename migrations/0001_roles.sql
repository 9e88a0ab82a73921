-- Who may touch what. Programs log in with whatever the deployment gives them and step down to one
-- of these roles for the length of each transaction, so that pooled connections keep no state.
--
--   axis_api     serves one tenant at a time: sees rows only of the tenant named in `axis.tenant`
--   axis_search  finds ids by text: reads the few columns that are searched, of all tenants, since
--                the fence would keep `ilike` and `@@` from using their indexes
--   axis_worker  carries events of all tenants: sees all rows, may not change the schema

do $$
declare
  name text;
begin
  foreach name in array array['axis_api', 'axis_search', 'axis_worker'] loop
    begin
      execute format('create role %I nologin', name);
    exception
      -- Roles belong to the whole server: another database may have made them, or makes them now.
      when duplicate_object or unique_violation then null;
    end;
    begin
      execute format('grant %I to current_user', name);
    exception
      when unique_violation then null;
    end;
  end loop;
end
$$;

do $$ begin execute format('grant usage on schema %I to axis_api, axis_search, axis_worker', current_schema()); end $$;

-- Gives a table to both roles and fences each row by its tenant.
create function axis_fence(target regclass, api_privileges text, worker_privileges text)
returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy tenant on %s to axis_api '
    'using (tenant_id = current_setting(''axis.tenant'', true)) '
    'with check (tenant_id = current_setting(''axis.tenant'', true))', target);
  execute format('create policy worker on %s to axis_worker using (true) with check (true)', target);
  if api_privileges <> '' then
    execute format('grant %s on %s to axis_api', api_privileges, target);
  end if;
  execute format('grant %s on %s to axis_worker', worker_privileges, target);
end
$$;
comment on function axis_fence is 'Row-level security and grants of one tenant-owned table';

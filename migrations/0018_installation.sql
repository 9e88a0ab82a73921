-- Tenants, and what an OpenID provider says of their people, are administered by the API too: by keys
-- of the installation, which belong to no tenant.
--
--   axis_installation  makes and renames tenants and says which claims mean them; sees no row that is
--                      inside of a tenant

do $$
begin
  begin
    create role axis_installation nologin;
  exception
    when duplicate_object or unique_violation then null;
  end;
  begin
    grant axis_installation to current_user;
  exception
    when unique_violation then null;
  end;
  execute format('grant usage on schema %I to axis_installation', current_schema());
end
$$;

create policy installation on tenants to axis_installation using (true) with check (true);
grant select, insert, update (name) on tenants to axis_installation;
create policy installation on tenant_claims to axis_installation using (true) with check (true);
grant select, insert, update (claim), delete on tenant_claims to axis_installation;
create policy installation on audit for insert to axis_installation
  with check (tenant_id is not null and account_id is null);
grant insert on audit to axis_installation;

alter table api_keys alter column tenant_id drop not null;
alter table api_keys add constraint api_keys_of_the_installation
  check (tenant_id is not null or permissions <@ array['tenants:read', 'tenants:manage']);
comment on column api_keys.tenant_id is 'Whose it is; null: the installation''s, which opens no tenant';

-- A caller who is of no tenant has a place of its own, which can be no tenant's name.
alter table idempotency_keys drop constraint idempotency_keys_tenant_id_fkey;
comment on column idempotency_keys.tenant_id is 'The caller''s tenant; *: it is the installation''s';
create policy installation on idempotency_keys to axis_installation
  using (tenant_id = '*') with check (tenant_id = '*');
grant select, insert, update, delete on idempotency_keys to axis_installation;

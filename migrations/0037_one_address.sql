-- An installation has one address, however it was typed: else an account can be there twice. One that
-- is there in both forms stays so.
set local role axis_worker;
update chatwoot_accounts account set base_url = typed.plain
from (
  select distinct on (plain, chatwoot_account_id) id, plain, chatwoot_account_id
  from chatwoot_accounts,
    lateral (select regexp_replace(lower(substring(base_url from '^[^/]*//[^/]*')),
                                   '^(https(?=:.*:443$)|http(?=:.*:80$))(.*):[0-9]+$', '\1\2')
                    || coalesce(substring(base_url from '^[^/]*//[^/]*(/.*)$'), '') as plain) as one
  order by plain, chatwoot_account_id, disconnected_at nulls first
) typed
where account.id = typed.id and account.base_url <> typed.plain
  and not exists (
    select from chatwoot_accounts other
    where other.base_url = typed.plain and other.chatwoot_account_id = typed.chatwoot_account_id);
reset role;

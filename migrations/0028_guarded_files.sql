-- Whether the address of an account is a tenant's word: files are fetched from there.
grant select (public_only) on chatwoot_accounts to axis_api;

alter table chatwoot_accounts add column screen_url text;
comment on column chatwoot_accounts.screen_url is 'Scheme and host under which people open the installation; null: base_url, by which programs reach it';
grant select (screen_url) on chatwoot_accounts to axis_api;

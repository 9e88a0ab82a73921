-- That the company has blocked a person was told in the timeline and shown nowhere.
set local lock_timeout = '1s';

alter table contacts add column blocked boolean not null default false;
comment on column contacts.blocked is 'Whether the company blocked the person in Chatwoot';

-- A change whose outcome nobody knew was repeated, over whatever somebody did since Chatwoot had told of it.
alter table conversation_changes add column confirmed boolean not null default false;
comment on column conversation_changes.confirmed is 'Chatwoot told that it is so, which it was not when it was asked for';

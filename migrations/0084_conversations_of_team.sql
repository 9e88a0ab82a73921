-- no-transaction
-- A list of a team that has few of the conversations was read along all of them. An event enters nothing into an index if
-- another was in its minute, and else this one takes 5 µs of PostgreSQL's time, of about 190. Made while others read
-- and write. One statement only: this one may be in no transaction, and several would be in one.

create index concurrently if not exists conversations_of_team on conversations (tenant_id, team_id)
  where team_id is not null;

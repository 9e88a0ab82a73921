-- no-transaction
-- Answers of tenants that ask for nothing any more stayed, since each tenant's own requests remove its own. Workers now
-- remove those of all tenants, by this index. Made while others read and write. One statement only: this one may be
-- in no transaction, and several would be in one.

create index concurrently if not exists idempotency_keys_oldest on idempotency_keys (expires_at);

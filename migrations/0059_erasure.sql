-- What Chatwoot has deleted can be erased (`axis erase`), a request for approval and its frozen text with it.
grant delete on approvals to axis_worker;

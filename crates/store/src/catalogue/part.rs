//! Parts of what the accounts of a tenant consist of.

/// What the transaction may see of a list, after as many rows as were to be skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// All of the rest, or as many as are not too large together.
    pub rows: Vec<T>,
    /// How many to skip to go on, if there are more. What changes meanwhile may be passed over or come twice.
    pub next: Option<u32>,
}

impl<T> Listed<T> {
    /// `found` is how many are left after those that were skipped.
    pub(super) fn new(rows: Vec<T>, skipped: u32, found: Option<i64>) -> Self {
        let more = found.is_some_and(|found| crate::part::is_cut(&rows, found));
        let read = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        Self { next: more.then(|| skipped.saturating_add(read)), rows }
    }
}

/// A checked query for the rows of a list in their order, without those that were skipped, cut where they are too large
/// together. A row counts for 256 bytes more than its `texts`, which is what is around them in an answer.
macro_rules! listed {
    (
        $columns:literal from $table:literal texts $texts:literal by $order:literal
        arguments $account:expr, $skip:expr
    ) => {
        sqlx::query!(
            "select "
                + $columns
                + ", found as \"found!\"
             from (
               select l.*, count(*) over () as found, row_number() over pages as at,
                      sum(octet_length(concat("
                + $texts
                + ")) + 256) over pages as together
               from (
                 select * from "
                + $table
                + " where $1::uuid is null or account_id = $1
                 order by "
                + $order
                + " offset $2
               ) l
               window pages as (order by "
                + $order
                + ")
             ) page
             where at = 1 or together <= $3
             order by "
                + $order,
            $account.map(|key: AccountKey| key.0),
            i64::from($skip),
            crate::part::MOST_BYTES,
        )
    };
}

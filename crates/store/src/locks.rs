//! What advisory locks are held on. They last until their transaction ends, that on the schema until its connection
//! does. Names of different kinds never meet: the kind is the seed with which PostgreSQL hashes a name. Programs of
//! different versions hold them beside each other, so a number once given stays.

/// A kind of names.
#[derive(Debug, Clone, Copy)]
#[repr(i64)]
pub(crate) enum Lock {
    /// A conversation whose commands somebody carries out.
    Conversation = 0,
    /// A request under an idempotency key.
    Request = 1,
    /// An account that somebody has in hand.
    Account = 2,
    /// An account of which somebody tells the receivers.
    Source = 3,
    /// A tenant whose accounts somebody counts, to add one.
    Accounts = 4,
    /// The schema, while somebody brings it up to date.
    Schema = 5,
}

impl Lock {
    /// The second argument of `hashtextextended`.
    pub(crate) const fn seed(self) -> i64 {
        self as i64
    }
}

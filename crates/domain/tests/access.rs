//! What the documentation says of permissions is what the code does.

use std::fmt::Write as _;

use domain::{Permission, Role};

#[test]
fn the_documented_roles_are_those_of_the_code() {
    let mut table = String::from("| permission | allows |");
    for role in Role::ALL {
        write!(table, " {role} |").unwrap();
    }
    table.push_str("\n|---|---|");
    table.push_str(&":-:|".repeat(Role::ALL.len()));
    for permission in Permission::ALL {
        write!(table, "\n| `{permission}` | {} |", permission.allows()).unwrap();
        for role in Role::ALL {
            let mark = if role.permissions().contains(*permission) { "✓" } else { "" };
            write!(table, " {mark} |").unwrap();
        }
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/auth.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&table), "docs/auth.md must hold this table:\n{table}");
}

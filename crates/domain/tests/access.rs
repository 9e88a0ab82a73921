//! What the documentation says of permissions is what the code does.

use std::fmt::Write as _;

use domain::{Permission, Permissions, Role};

#[test]
fn the_documented_roles_are_those_of_the_code() {
    let mut table = String::from("| permission | allows |");
    for role in Role::ALL {
        write!(table, " {role} |").unwrap();
    }
    table.push_str(" installation |\n|---|---|");
    table.push_str(&":-:|".repeat(Role::ALL.len() + 1));
    for permission in Permission::ALL {
        write!(table, "\n| `{permission}` | {} |", permission.allows()).unwrap();
        let roles = Role::ALL.iter().map(|role| role.permissions());
        for may in roles.chain([Permissions::of_installation()]) {
            let mark = if may.contains(*permission) { "✓" } else { "" };
            write!(table, " {mark} |").unwrap();
        }
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/auth.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&table), "docs/auth.md must hold this table:\n{table}");
}

//! What clients rely on stays: the description is compared with the one of the last release.
//!
//! A release moves it: `API_RELEASE=1 cargo test -p api --test routes compatible`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn released() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/routes/released.json")
}

#[test]
fn nothing_that_clients_rely_on_is_taken_away() {
    let now = api::openapi_json().unwrap();
    if std::env::var_os("API_RELEASE").is_some() {
        let mut kept: Value = serde_json::from_str(&now).unwrap();
        strip(&mut kept);
        std::fs::write(released(), serde_json::to_string_pretty(&kept).unwrap() + "\n").unwrap();
    }
    let before: Value =
        serde_json::from_str(&std::fs::read_to_string(released()).unwrap()).unwrap();
    let breaks = breaks(&before, &serde_json::from_str(&now).unwrap());
    assert!(breaks.is_empty(), "clients would break:\n{}", breaks.join("\n"));
}

#[test]
fn what_would_break_clients_is_found() {
    let now: Value = serde_json::from_str(&api::openapi_json().unwrap()).unwrap();
    assert!(breaks(&now, &now).is_empty());
    let path = "/paths/~1api~1v1~1conversations~1{id}~1messages";
    let change = |pointer: &str, change: &dyn Fn(&mut Value)| {
        let mut changed = now.clone();
        change(changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")));
        breaks(&now, &changed)
    };
    let remove = |name: &'static str| {
        move |value: &mut Value| {
            assert!(value.as_object_mut().unwrap().remove(name).is_some(), "{name}");
        }
    };
    let found = [
        change("/paths", &remove("/api/v1/conversations")),
        change(path, &remove("post")),
        change(&format!("{path}/post/responses"), &remove("201")),
        change("/components/schemas/Conversation/properties", &remove("status")),
        change("/components/schemas/CreateMessage/properties", &remove("private")),
        change("/components/schemas/CreateMessage/required", &|required| {
            required.as_array_mut().unwrap().push("clientId".into());
        }),
        change("/components/schemas/Conversation/required", &|required| {
            required.as_array_mut().unwrap().remove(0);
        }),
        change("/components/schemas/Permission/enum", &|names| {
            names.as_array_mut().unwrap().remove(0);
        }),
        change("/components/schemas/Conversation/properties/chatwootId/type", &|kind| {
            *kind = "string".into();
        }),
        change(&format!("{path}/get/parameters"), &|parameters| {
            parameters.as_array_mut().unwrap().remove(1);
        }),
        change(&format!("{path}/get/parameters/1"), &|parameter| {
            parameter["required"] = true.into();
        }),
    ];
    for (number, breaks) in found.iter().enumerate() {
        assert_eq!(breaks.len(), 1, "{number}: {breaks:#?}");
    }
    // What is new and may be left out breaks nobody.
    let wider = change("/components/schemas/CreateMessage/properties", &|properties| {
        properties["later"] = serde_json::json!({ "type": "string" });
    });
    assert!(wider.is_empty(), "{wider:#?}");
}

/// Leaves out what is for people.
fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, field| match name.as_str() {
                "description" | "summary" => !field.is_string(),
                name => !matches!(name, "example" | "examples"),
            });
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// What a client of the description before could rely on and now cannot.
fn breaks(before: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, item) in fields(&before["paths"]) {
        for (method, operation) in fields(item) {
            let name = format!("{method} {path}");
            match now["paths"][path].get(method) {
                Some(now) => operations(&name, operation, now, &mut found),
                None => found.push(format!("{name} is gone")),
            }
        }
    }
    let asked = reachable(now, "requestBody");
    let told = reachable(now, "responses");
    for (name, schema) in fields(&before["components"]["schemas"]) {
        // One that is gone was replaced where it was named, which is told there.
        if let Some(now) = now["components"]["schemas"].get(name) {
            schemas(name, schema, now, (asked.contains(name), told.contains(name)), &mut found);
        }
    }
    found
}

fn operations(name: &str, before: &Value, now: &Value, found: &mut Vec<String>) {
    let key = |parameter: &Value| (parameter["in"].to_string(), parameter["name"].to_string());
    let parameters = |of: &Value| of["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in parameters(before) {
        if !parameters(now).iter().any(|one| key(one) == key(&parameter)) {
            found.push(format!("{name} no longer takes {}", parameter["name"]));
        }
    }
    for parameter in parameters(now).iter().filter(|one| one["required"] == true) {
        let known = parameters(before).into_iter().find(|one| key(one) == key(parameter));
        if known.is_none_or(|one| one["required"] != true) {
            found.push(format!("{name} now needs {}", parameter["name"]));
        }
    }
    let good = fields(&before["responses"]).filter(|(status, _)| status.starts_with('2'));
    for (status, answer) in good {
        match now["responses"].get(status) {
            Some(now) => bodies(&format!("{name} answers {status}"), answer, now, found),
            None => found.push(format!("{name} no longer answers {status}")),
        }
    }
    bodies(&format!("{name} takes"), &before["requestBody"], &now["requestBody"], found);
}

fn bodies(name: &str, before: &Value, now: &Value, found: &mut Vec<String>) {
    for (kind, body) in fields(&before["content"]) {
        if now["content"][kind]["schema"] != body["schema"] {
            found.push(format!("{name} another {kind}"));
        }
    }
}

/// Compares a schema, which requests (`asked`) or answers (`told`) may hold.
fn schemas(
    name: &str,
    before: &Value,
    now: &Value,
    (asked, told): (bool, bool),
    found: &mut Vec<String>,
) {
    let types = |of: &Value| {
        let mut types = match &of["type"] {
            Value::Array(types) => types.iter().map(ToString::to_string).collect(),
            kind => BTreeSet::from([kind.to_string()]),
        };
        types.insert(of["$ref"].to_string());
        types
    };
    if types(before) != types(now) {
        found.push(format!("{name} is of another type"));
    }
    let listed = |of: &Value, field: &str| -> BTreeSet<String> {
        of[field].as_array().into_iter().flatten().map(ToString::to_string).collect()
    };
    for value in listed(before, "enum").difference(&listed(now, "enum")) {
        found.push(format!("{name} is never {value} any more"));
    }
    let (needed, needs) = (listed(before, "required"), listed(now, "required"));
    for field in needs.difference(&needed).filter(|_| asked) {
        found.push(format!("{name} now needs {field}"));
    }
    for (field, schema) in fields(&before["properties"]) {
        match now["properties"].get(field) {
            Some(now) => schemas(&format!("{name}.{field}"), schema, now, (asked, told), found),
            None => found.push(format!("{name}.{field} is gone")),
        }
    }
    for field in needed.difference(&needs).filter(|field| told && still(now, field)) {
        found.push(format!("{name} may be without {field}"));
    }
    if let (Some(before), Some(now)) = (before.get("items"), now.get("items")) {
        schemas(&format!("{name}[]"), before, now, (asked, told), found);
    }
}

/// Whether a field, quoted, is there at all: that it is gone is told already.
fn still(schema: &Value, field: &str) -> bool {
    schema["properties"].get(field.trim_matches('"')).is_some()
}

/// The schemas that this part of any operation leads to.
fn reachable(document: &Value, part: &str) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut open: Vec<&Value> = fields(&document["paths"])
        .flat_map(|(_, item)| fields(item))
        .map(|(_, operation)| &operation[part])
        .collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(name) = fields.get("$ref").and_then(Value::as_str) {
                    let name = name.rsplit('/').next().unwrap();
                    if known.insert(name.to_owned()) {
                        open.push(&document["components"]["schemas"][name]);
                    }
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    known
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, field)| (name.as_str(), field))
}

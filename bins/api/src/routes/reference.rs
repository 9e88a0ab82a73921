//! The reference for people: the description as one static page, without scripts.

use std::fmt::Write as _;

use serde_json::Value;
use utoipa::openapi::OpenApi as Document;

const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8>\
<meta name=viewport content='width=device-width'><title>API reference</title><style>\
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;\
padding:0 1rem}h2{margin-top:3rem}section{border-top:1px solid #8884;padding:.5rem 0 1rem}\
code,pre{font:13px/1.4 ui-monospace,monospace}pre{background:#8881;padding:.8rem;overflow:auto}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem \
.8rem .2rem 0;border-bottom:1px solid #8883}b.method{text-transform:uppercase}</style><body>";

/// The page.
pub(super) fn page(document: &Document) -> String {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut page = String::from(HEAD);
    let info = &document["info"];
    let _ = write!(
        page,
        "<h1>{}</h1><p>{}</p><p>For programs: <a href=openapi.json>openapi.json</a> (OpenAPI {}). \
         Send <code>Authorization: Bearer …</code> with every request.</p>",
        text(&info["title"]),
        text(&info["description"]),
        text(&document["openapi"]),
    );
    page.push_str("<h2>Operations</h2>");
    for (path, item) in fields(&document["paths"]) {
        for (method, operation) in fields(item) {
            write_operation(&mut page, method, path, operation);
        }
    }
    page.push_str("<h2>Schemas</h2>");
    for (name, schema) in fields(&document["components"]["schemas"]) {
        let (name, json) = (escape(name), pretty(schema));
        let _ = write!(page, "<section id=\"{name}\"><h3>{name}</h3><pre>{json}</pre></section>");
    }
    page
}

fn write_operation(page: &mut String, method: &str, path: &str, operation: &Value) {
    let _ = write!(
        page,
        "<section><h3><b class=method>{}</b> <code>{}</code></h3><p>{}</p><p>{}</p>",
        escape(method),
        escape(path),
        text(&operation["summary"]),
        text(&operation["description"]),
    );
    if let Some(parameters) = operation["parameters"].as_array() {
        page.push_str("<table><tr><th>parameter<th>in<th>what");
        for parameter in parameters {
            let _ = write!(
                page,
                "<tr><td><code>{}</code><td>{}<td>{}",
                text(&parameter["name"]),
                text(&parameter["in"]),
                text(&parameter["description"]),
            );
        }
        page.push_str("</table>");
    }
    for (kind, content) in fields(&operation["requestBody"]["content"]) {
        let schema = named(&content["schema"]);
        let _ = write!(page, "<p>Body: {schema} <code>{}</code></p>", escape(kind));
    }
    page.push_str("<table><tr><th>status<th>what<th>body");
    for (status, response) in fields(&operation["responses"]) {
        let what = text(&response["description"]);
        let _ = write!(page, "<tr><td>{}<td>{what}<td>", escape(status));
        for (kind, content) in fields(&response["content"]) {
            let schema = named(&content["schema"]);
            let _ = write!(page, "{schema} <code>{}</code><br>", escape(kind));
        }
    }
    page.push_str("</table></section>");
}

/// A link to a schema.
fn named(schema: &Value) -> String {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    name.map_or_else(
        || text(&schema["type"]),
        |name| format!("<a href=\"#{0}\">{0}</a>", escape(name)),
    )
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, field)| (name.as_str(), field))
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

fn pretty(value: &Value) -> String {
    escape(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

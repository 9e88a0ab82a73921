//! Requests for every operation that the served description tells of, made of the description
//! itself: an operation that is added is walked through without a word about it.

use std::fmt;

use domain::{
    Activity, ActivityId, ApprovalId, ContactId, Permission, Permissions, Role, Token, TokenKind,
};
use serde_json::{Map, Value, json};
use testkit::reqwest::{Method, RequestBuilder};
use testkit::{Account, sqlx};

use crate::support::{Seed, Served, at, dead_letter};

/// Words of a tenant that no other one may read.
pub const SECRET: &str = "confidential";

/// What is served, as it describes itself.
pub struct Walk {
    document: Value,
}

/// One method of one address.
#[derive(Clone)]
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub parameters: Vec<Value>,
    /// What its body is like, if it takes JSON.
    pub body: Option<Value>,
    /// The statuses that its answers may have, by name.
    pub answers: Vec<String>,
    /// Anybody may call it.
    pub open: bool,
    /// What its caller must be permitted to do.
    pub permission: Option<Permission>,
}

impl Operation {
    /// Whether it is about tenants as a whole, and so for no caller who belongs to one.
    pub fn is_above_tenants(&self) -> bool {
        self.permission.is_some_and(Permission::is_above_tenants)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Operation {
    /// The parameters of the path or the query that name a thing, with its id.
    fn named(&self, place: &str, things: &Things) -> Vec<(String, String)> {
        let there = self.parameters.iter().filter(|parameter| parameter["in"] == place);
        there
            .filter_map(|parameter| {
                let id = things.id_of(&alternative(&parameter["schema"]))?;
                Some((parameter["name"].as_str().unwrap().to_owned(), id.to_owned()))
            })
            .collect()
    }
}

impl Walk {
    pub async fn of(served: &Served) -> Self {
        Self { document: served.read("/openapi.json").await }
    }

    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                operations.push(Operation {
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    parameters: operation["parameters"].as_array().cloned().unwrap_or_default(),
                    body: operation
                        .pointer("/requestBody/content/application~1json/schema")
                        .cloned(),
                    answers: operation["responses"].as_object().unwrap().keys().cloned().collect(),
                    open: operation.pointer("/security/0") == Some(&json!({})),
                    permission: operation
                        .pointer("/security/0/bearer/0")
                        .and_then(|name| name.as_str()?.parse().ok()),
                });
            }
        }
        operations
    }

    /// A request that names these things wherever it names any. One id in the query is enough:
    /// several may contradict each other.
    pub fn request(
        &self,
        served: &Served,
        operation: &Operation,
        things: &Things,
    ) -> RequestBuilder {
        let query: Vec<_> = operation.named("query", things).into_iter().take(1).collect();
        let url = format!("{}{}", served.base, Self::path(operation, things));
        let request = served.http.request(operation.method.clone(), url).query(&query);
        match &operation.body {
            Some(schema) => request.json(&self.sample(schema, things)),
            None => request,
        }
    }

    /// The address of an operation upon these things.
    pub fn path(operation: &Operation, things: &Things) -> String {
        let named = operation.named("path", things).into_iter();
        named.fold(operation.path.clone(), |path, (name, id)| {
            path.replace(&format!("{{{name}}}"), &id)
        })
    }

    /// Whether the address or the body names a thing.
    pub fn names_a_thing(&self, operation: &Operation, things: &Things) -> bool {
        let body = operation.body.as_ref().map(|schema| self.sample(schema, things).to_string());
        !operation.named("path", things).is_empty()
            || body.is_some_and(|body| things.ids().any(|id| body.contains(id)))
    }

    /// A schema as it is written down, where another one only names it.
    pub fn resolved(&self, schema: &Value) -> Value {
        let schema = alternative(schema);
        match schema["$ref"].as_str() {
            Some(reference) => {
                self.resolved(self.document.pointer(reference.trim_start_matches('#')).unwrap())
            }
            None => schema,
        }
    }

    /// A value that the schema admits: its example, else the least that is required.
    pub fn sample(&self, schema: &Value, things: &Things) -> Value {
        let schema = alternative(schema);
        if let Some(id) = things.id_of(&schema) {
            return id.into();
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            return self.sample(self.document.pointer(pointer).unwrap(), things);
        }
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        let kinds = match &schema["type"] {
            Value::Array(kinds) => kinds.clone(),
            kind => vec![kind.clone()],
        };
        match kinds.iter().find_map(|kind| kind.as_str().filter(|kind| *kind != "null")) {
            Some("object") => self.fields(&schema, things).into(),
            Some("array") => json!([]),
            Some("boolean") => json!(false),
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
            _ => match schema["enum"].as_array() {
                Some(values) => values[0].clone(),
                None => "x".into(),
            },
        }
    }

    fn fields(&self, schema: &Value, things: &Things) -> Map<String, Value> {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let names = required.iter().map(|name| name.as_str().unwrap());
        names
            .map(|name| (name.to_owned(), self.sample(&schema["properties"][name], things)))
            .collect()
    }
}

impl Served {
    /// A digest of all rows that a tenant has, in every table.
    pub async fn rows_of(&self, tenant: &str) -> Vec<(String, String)> {
        let mut transaction = self.world.store.worker().await.unwrap();
        sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
               and not c.relispartition and a.attname = 'tenant_id'
             order by 1",
        )
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
        let mut digests = Vec::new();
        for table in tables {
            let digest = format!(
                "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '')
                 from {table} t where tenant_id = '{tenant}'"
            );
            let digest = sqlx::query_scalar(sqlx::AssertSqlSafe(digest));
            digests.push((table, digest.fetch_one(&mut *transaction).await.unwrap()));
        }
        digests
    }
}

/// Of callers who may do everything where they stand.
pub struct Tokens {
    steward: String,
}

impl Tokens {
    pub async fn of(served: &Served) -> Self {
        Self { steward: served.installation_key(Permissions::of_installation()).await }
    }

    /// That of the one who may ask for an operation.
    pub fn whose(&self, operation: &Operation) -> &str {
        if operation.is_above_tenants() { &self.steward } else { "mock-token" }
    }
}

/// What a field that may be null is if it is not.
fn alternative(schema: &Value) -> Value {
    let choices = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    match choices.and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        Some(one) => alternative(one),
        None => schema.clone(),
    }
}

/// One of each thing that a request can name, by the schema of its id.
pub struct Things(Vec<(&'static str, String)>);

impl Things {
    /// What is nobody's.
    pub fn unknown() -> Self {
        let names = [
            "AccountKey",
            "AuditId",
            "ContactId",
            "DeadLetterId",
            "ConversationId",
            "MessageId",
            "ActivityId",
            "ApprovalId",
            "ApiKeyId",
            "AttachmentId",
        ];
        let ids = names.map(|name| (name, uuid::Uuid::now_v7().to_string()));
        Self(ids.into_iter().chain([("TenantId", "nobody".to_owned())]).collect())
    }

    /// Makes them in this account, full of its tenant's secrets.
    pub async fn seed(served: &Served, account: &Account, number: i64) -> Self {
        let mut seed = Seed::open(number);
        seed.contact.name = Some(format!("{SECRET} {number}"));
        seed.messages = vec![("incoming", SECRET), ("outgoing", SECRET)];
        let conversation = seed.write(&served.world.store, account).await;
        let activity = Activity {
            id: ActivityId::generate(),
            kind: "note".to_owned(),
            source: "axis".to_owned(),
            account_id: Some(account.key),
            conversation_id: Some(conversation),
            about: None,
            actor: None,
            occurred_at: at(number),
            data: json!({ "words": SECRET }).into(),
        };
        let approval = ApprovalId::generate();
        let mut transaction = served.world.store.tenant(&account.tenant).await.unwrap();
        store::activities::write(&mut transaction, &account.tenant, &activity).await.unwrap();
        let message: uuid::Uuid =
            sqlx::query_scalar("select id from messages where conversation_id = $1 limit 1")
                .bind(conversation.0)
                .fetch_one(&mut *transaction)
                .await
                .unwrap();
        sqlx::query(
            "insert into drafts (conversation_id, principal_id, tenant_id, content, private)
             select $1, 'api_key ' || id, $2, $3, false from api_keys where tenant_id = $2",
        )
        .bind(conversation.0)
        .bind(account.tenant.as_str())
        .bind(SECRET)
        .execute(&mut *transaction)
        .await
        .unwrap();
        sqlx::query(
            "insert into approvals (id, tenant_id, conversation_id, kind, reason, requested_by)
             values ($1, $2, $3, 'refund', $4, $4)",
        )
        .bind(approval.0)
        .bind(account.tenant.as_str())
        .bind(conversation.0)
        .bind(SECRET)
        .execute(&mut *transaction)
        .await
        .unwrap();
        for statement in [
            "insert into agents (account_id, tenant_id, chatwoot_id, name) values ($1, $2, $3, $4)",
            "insert into teams (account_id, tenant_id, chatwoot_id, name) values ($1, $2, $3, $4)",
            "insert into inboxes (account_id, tenant_id, chatwoot_id, name) values ($1, $2, $3, $4)",
            "insert into labels (account_id, tenant_id, chatwoot_id, title) values ($1, $2, $3, $4)",
            "insert into canned_responses (account_id, tenant_id, chatwoot_id, short_code, content)
             values ($1, $2, $3, $4, $4)",
        ] {
            let mut lists = served.world.store.worker().await.unwrap();
            let insert = sqlx::query(statement).bind(account.key.0).bind(account.tenant.as_str());
            insert.bind(number).bind(SECRET).execute(&mut *lists).await.unwrap();
            store::commit(lists).await.unwrap();
        }
        let upload = file(&mut transaction, &account.tenant, message).await;
        let key = store::api_keys::NewApiKey {
            tenant: Some(&account.tenant),
            name: SECRET,
            digest: Token::generate(TokenKind::ApiKey).digest(),
            permissions: Role::Viewer.permissions(),
            created_by: SECRET,
            expires_at: None,
        };
        let key = store::api_keys::create(&mut transaction, &key).await.unwrap().unwrap();
        let replay = store::audit::Entry {
            actor: SECRET.to_owned(),
            source: "api",
            action: "replay".to_owned(),
            target: SECRET.to_owned(),
            tenant: Some(account.tenant.clone()),
            account: Some(account.key),
            count: None,
            details: json!({ "begins": true }),
        };
        let replay = store::audit::record(&mut transaction, &replay).await.unwrap();
        store::commit(transaction).await.unwrap();
        let dead_letter = dead_letter(served, account, SECRET).await;
        Self(vec![
            ("AccountKey", account.key.to_string()),
            ("AuditId", replay.to_string()),
            ("ContactId", ContactId::of(account.key, number).to_string()),
            ("DeadLetterId", dead_letter),
            ("ApiKeyId", key.id.to_string()),
            ("ConversationId", conversation.to_string()),
            ("MessageId", message.to_string()),
            ("ActivityId", activity.id.to_string()),
            ("ApprovalId", approval.to_string()),
            ("AttachmentId", upload.to_string()),
            ("TenantId", account.tenant.to_string()),
        ])
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, id)| id.as_str())
    }

    /// The id of this type.
    pub fn id(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, id)| id).unwrap()
    }

    /// The id that a schema asks for; none if it asks for something else.
    fn id_of(&self, schema: &Value) -> Option<&str> {
        let name = schema["$ref"].as_str()?.rsplit('/').next()?;
        let found = self.0.iter().find(|(known, _)| *known == name).map(|(_, id)| id.as_str());
        assert!(found.is_some() || !name.ends_with("Id"), "Things::seed has to make a {name}");
        found
    }
}

/// A file of a message's.
async fn file(
    connection: &mut store::PgConnection,
    tenant: &domain::TenantId,
    message: uuid::Uuid,
) -> domain::AttachmentId {
    let upload = store::uploads::begin(connection, tenant, SECRET, "image/png").await.unwrap();
    sqlx::query("update uploads set message_id = $1, file_size = 1 where id = $2")
        .bind(message)
        .bind(upload.id.0)
        .execute(connection)
        .await
        .unwrap();
    upload.id
}

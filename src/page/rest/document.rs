//! The OpenAPI of what programs can ask for: made of the types that requests are read as and answers written from.

use axum::http::Method;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::output::problem::Problem;

const SCHEMAS: &str = "/components/schemas";

/// What an operation is, beside its types.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub method: Method,
    /// With the names of what it is about in braces.
    pub path: String,
    /// For generators of clients.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The media type of its answer.
    pub answers: &'static str,
    /// Its answer can say that it was not done, and why.
    pub may_refuse: bool,
}

/// An OpenAPI document, while operations are added to it.
pub(super) struct Document {
    paths: Map<String, Value>,
    /// What is read may be left out where there is a default, what is written is always there.
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Document {
    pub(super) fn new() -> Self {
        let here = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = SCHEMAS.into();
            settings.meta_schema = None;
        });
        let (read, written) = (here.clone().for_deserialize(), here.for_serialize());
        Document { paths: Map::new(), read: read.into_generator(), written: written.into_generator() }
    }

    /// An operation with its query, body and answer.
    pub(super) fn add<Q: JsonSchema, B: JsonSchema, A: JsonSchema>(&mut self, named: &Named) {
        let mut parameters: Vec<Value> = in_path(&named.path).map(path_parameter).collect();
        parameters.extend(query_parameters(&self.read.root_schema_for::<Q>().to_value()));
        let answer = self.written.subschema_for::<A>();
        let problem = self.written.subschema_for::<Problem>();
        let not_done = match named.may_refuse {
            true => json!({ "anyOf": [answer, problem] }),
            false => problem.to_value(),
        };
        let mut operation = json!({
            "operationId": named.id,
            "summary": named.summary,
            "parameters": parameters,
            "responses": {
                "200": { "description": "done", "content": { named.answers: { "schema": answer } } },
                "default": { "description": "not done", "content": { "application/json": { "schema": not_done } } },
            },
        });
        let has_fields = |schema: &Value| schema.get("properties").is_some();
        if has_fields(&self.read.root_schema_for::<B>().to_value()) {
            let schema = self.read.subschema_for::<B>();
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        let path = self.paths.entry(named.path.as_str()).or_insert_with(|| json!({}));
        path[named.method.as_str().to_lowercase()] = operation;
    }

    /// The document.
    pub(super) fn finish(mut self) -> Value {
        let mut schemas = self.read.take_definitions(true);
        schemas.extend(self.written.take_definitions(true));
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "cluster",
                "description": "A real Apache Kafka cluster on this machine: what its page stands on, for programs.",
                "version": env!("CARGO_PKG_VERSION"),
                "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
            },
            "security": [{ "token": [] }],
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": { "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`cluster ui --json` prints it",
                } },
            },
        })
    }
}

/// The names in braces.
fn in_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Value {
    let what = match name {
        "cluster" => "its name, as `cluster list` has it",
        "node" => "a node's name, such as broker-0",
        _ => "its name",
    };
    json!({ "name": name, "in": "path", "required": true, "description": what, "schema": { "type": "string" } })
}

/// A parameter for each property.
fn query_parameters(schema: &Value) -> Vec<Value> {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let parameter = |(name, schema): (&String, &Value)| {
        json!({
            "name": name,
            "in": "query",
            "required": required.iter().any(|one| one == name),
            "description": schema.get("description").cloned().unwrap_or_default(),
            "schema": schema,
        })
    };
    properties.iter().map(parameter).collect()
}

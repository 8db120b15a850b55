//! `/openapi.json`, made from the table of routes.

use axum::Json;
use serde_json::{Map, Value, json};

use super::kill;
use super::routes::{ROUTES, Route};

/// Answers with the description of every route.
pub async fn answer() -> Json<Value> {
    Json(description())
}

fn description() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(route.method.to_owned(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Outcry, the operators' endpoint",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Amounts of money and quantities are decimal strings; times are milliseconds since 1970 of market time.",
        },
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Refused": {
                "type": "object", "required": ["error"],
                "properties": { "error": {
                    "type": "object", "required": ["code", "message"],
                    "properties": { "code": { "type": "string" }, "message": { "type": "string" } },
                } },
            } },
        },
        "paths": paths,
    })
}

fn operation(route: &Route) -> Value {
    let parameters: Vec<Value> = route
        .parameters
        .iter()
        .map(|parameter| {
            let kind = if matches!(parameter.name, "limit" | "after") { "integer" } else { "string" };
            json!({
                "name": parameter.name, "in": parameter.place, "required": parameter.place == "path",
                "description": parameter.about, "schema": { "type": kind },
            })
        })
        .collect();
    let refused = |about: &str| json!({ "description": about, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Refused" } } } });
    let answered = json!({ "description": route.about, "content": { (route.answers): {} } });
    let mut responses = Map::from_iter([("200".to_owned(), answered), ("429".to_owned(), refused("Too many requests."))]);
    if !route.open {
        responses.insert("401".to_owned(), refused("The token is missing or wrong."));
    }
    let mut operation = Map::new();
    operation.insert("summary".to_owned(), json!(route.about));
    operation.insert("security".to_owned(), if route.open { json!([]) } else { json!([{ "token": [] }]) });
    operation.insert("parameters".to_owned(), json!(parameters));
    operation.insert("responses".to_owned(), Value::Object(responses));
    if route.method == "post" {
        let word = json!({ "type": "object", "required": ["word"], "properties": { "word": { "enum": kill::words() } } });
        operation.insert("requestBody".to_owned(), json!({ "required": true, "content": { "application/json": { "schema": word } } }));
    }
    Value::Object(operation)
}

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
            let kind = if parameter.name == "limit" { "integer" } else { "string" };
            json!({
                "name": parameter.name, "in": parameter.place, "required": parameter.place == "path",
                "description": parameter.about, "schema": { "type": kind },
            })
        })
        .collect();
    let refused = |about: &str| json!({ "description": about, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Refused" } } } });
    let mut operation = json!({
        "summary": route.about,
        "security": if route.open { json!([]) } else { json!([{ "token": [] }]) },
        "parameters": parameters,
        "responses": {
            "200": { "description": route.about, "content": { (route.answers): {} } },
            "429": refused("Too many requests."),
        },
    });
    if !route.open {
        operation["responses"]["401"] = refused("The token is missing or wrong.");
    }
    if route.method == "post" {
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": {
            "type": "object", "required": ["word"], "properties": { "word": { "enum": kill::words() } },
        } } } });
    }
    operation
}

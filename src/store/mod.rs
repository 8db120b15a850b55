//! The journal and the views over sqlx: SQLite embedded, PostgreSQL by URL, one SQL text for both.

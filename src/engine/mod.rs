//! Decides and acts. Knows neither Telegram, nor SQL, nor a model vendor: the outside stands behind [`ports`].

pub mod book;
pub mod deadline;
pub mod desk;
pub mod exchange;
pub mod indicators;
pub mod market;
pub mod ports;
pub mod risk;

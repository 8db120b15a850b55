//! Floats stored as their bits: a JSON number may come back one bit off, the bits themselves do not.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes the bits of a float.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_bits().serialize(serializer)
}

/// Reads the bits of a float.
///
/// # Errors
/// The deserializer's.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    u64::deserialize(deserializer).map(f64::from_bits)
}

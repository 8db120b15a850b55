//! Words become requests. The grammar reads without a model and acts only when every word is accounted for.

//! What is built into the program: one TLS provider (aws-lc-rs), and none of the libraries this project refuses.

use std::process::Command;

/// Packages that must not be built for the program. Each would be a second TLS or crypto provider.
const REFUSED: &[&str] = &[
    "openssl",
    "openssl-sys",
    "openssl-src",
    "native-tls",
    "tokio-native-tls",
    "ring",
    "boring",
    "boring-sys",
    "mbedtls",
    "s2n-tls",
    "wolfssl-sys",
    "rustls-mbedcrypto-provider",
    "rustls-openssl",
    "rustls-rustcrypto",
    "rustls-graviola",
    "rustls-symcrypt",
    "schannel",
    "security-framework",
];

/// Returns the refused packages of a tree printed as `name vX.Y.Z`, one a line.
fn refused(tree: &str) -> Vec<String> {
    let packages = tree.lines().filter(|line| line.split_whitespace().next().is_some_and(|name| REFUSED.contains(&name)));
    packages.map(str::to_owned).collect()
}

/// Prints what a build compiles for the program, build scripts included.
fn tree() -> String {
    let arguments = ["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--no-dedupe", "--target", &host()];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|error| panic!("cargo tree could not be run: {error}"));
    assert!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns the target the compiler builds for here.
fn host() -> String {
    let output = Command::new(env!("CARGO")).arg("-vV").output().unwrap_or_else(|error| panic!("cargo could not be run: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_else(|| panic!("cargo -vV names no host:\n{text}")).to_owned()
}

#[test]
fn only_one_tls_provider_is_built() {
    let tree = tree();
    assert!(tree.lines().any(|line| line.starts_with("aws-lc-rs v")), "the tree is not the program's:\n{tree}");
    assert!(tree.lines().any(|line| line.starts_with("rustls v")), "the tree is not the program's");
    assert_eq!(refused(&tree), Vec::<String>::new());
}

#[test]
fn a_refused_package_would_be_found() {
    assert_eq!(
        refused("serde v1.0.0\nring v0.17.14\nring-buffer v1.0.0\nopenssl-sys v0.9.1 (*)"),
        ["ring v0.17.14", "openssl-sys v0.9.1 (*)"]
    );
}

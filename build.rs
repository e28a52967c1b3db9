//! Has the templates compiled in anew when one of them changes, comes or goes.

fn main() {
    println!("cargo:rerun-if-changed=templates");
}

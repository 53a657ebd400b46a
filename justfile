# Lists the recipes.
default:
    @just --list

# The inner loop: formatting, lints, and all tests on SQLite only.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    env -u SWITCHBOARD_TEST_DATABASE_URL cargo test --workspace

# The gate for merging: formatting, architecture, lints, docs, and all tests on both databases.
ci:
    bash .ci/run

# Measures CPU per request and latency of a release server: `just bench answers`, `chat`, `growth`, `neighbours`, `rls`, `sockets` or `waiting`.
bench *WHAT:
    cargo run --release --quiet -p api-tests --bin bench -- {{WHAT}}

# Kills servers while 200 clients write and read: `just torture [MESSAGES] [KILLS] [SEED]`, or `takeovers [COUNT] [SEED]`.
torture *WHAT:
    cargo run --release --quiet -p api-tests --bin torture -- {{WHAT}}

# Fits the confidence of answers on the labelled questions; prints coefficients and a report, and draws the plot.
fit-confidence:
    cargo run --release --quiet -p knowledge --example fit_confidence docs/confidence.svg

# Packs BGE-small from the wheel that crates/encoder/data/README.md names into a folder for --model-dir.
pack-bge WHEEL FOLDER:
    POOLING=first CENTRED=yes BITS="6 7" cargo run --release --quiet -p encoder --example pack \
        '{{WHEEL}}:bge_small_en' bge-small-en {{FOLDER}} crates/encoder/examples/pack/calibration.txt

# Compares a packed BGE-small with the vectors of onnxruntime, and its speed with that of the embedded model.
check-bge FOLDER:
    cargo run --release --quiet -p encoder --example encoder_check \
        {{FOLDER}}/bge-small-en.bin crates/encoder/data/bge-small-en.reference crates/encoder/tests/texts.txt

# Regenerates the tables of settings and operations in docs/.
reference:
    SWITCHBOARD_WRITE_DOCS=1 cargo test --quiet -p server --test docs

alias api-reference := reference

# Runs the guide in docs/API.md against a temporary server.
guide:
    bash .ci/guide

# Regenerates the Postman collection and environment from the OpenAPI document.
postman:
    cargo run --quiet -p api-tests --bin postman

# Calls every operation of a temporary server with newman and schemathesis.
api:
    bash .ci/api

# Removes each safeguard of company isolation and reports those that no test misses; takes half an hour.
mutants-isolation *PARTS:
    bash .ci/mutants-isolation {{PARTS}}

# Runs each fuzz target for a minute (`just fuzz 300 token`); needs a nightly compiler and cargo-fuzz.
fuzz SECONDS="60" *TARGETS:
    bash .ci/fuzz {{SECONDS}} {{TARGETS}}

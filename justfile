# Everything that decides whether work lands.
ci:
    bash .ci/run

# CPU per request and latency of a release server: `just bench chat`, `just bench growth`,
# `just bench neighbours`.
bench *WHAT:
    cargo run --release --quiet -p api-tests --bin bench -- {{WHAT}}

# Fits the confidence of answers on labelled questions in a folder; prints coefficients and report.
fit-confidence PATH:
    cargo run --release --quiet -p knowledge --example fit_confidence {{PATH}}

# Writes the tables in docs/ that repeat what the program knows: settings, operations.
reference:
    SWITCHBOARD_WRITE_DOCS=1 cargo test --quiet -p server --test docs

alias api-reference := reference

# Runs the guide of docs/API.md against a server of its own.
guide:
    bash .ci/guide

# Writes the Postman collection and environment, which the OpenAPI document makes.
postman:
    cargo run --quiet -p api-tests --bin postman

# Calls every operation of a server of its own: the Postman collection, then schemathesis.
api:
    bash .ci/api

# Takes the walls between companies down one by one and says which fall unnoticed; half an hour.
mutants-isolation *PARTS:
    bash .ci/mutants-isolation {{PARTS}}

# Runs each fuzz target for a minute: `just fuzz`, `just fuzz 300 token`. Needs a nightly compiler and cargo-fuzz.
fuzz SECONDS="60" *TARGETS:
    bash .ci/fuzz {{SECONDS}} {{TARGETS}}

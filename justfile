# Everything that decides whether work lands.
ci:
    bash .ci/run

# CPU per request and latency of a release server: `just bench chat`.
bench WHAT:
    cargo run --release --quiet -p api-tests --bin bench -- {{WHAT}}

# Fits the confidence of answers on labelled questions in a folder; prints coefficients and report.
fit-confidence PATH:
    cargo run --release --quiet -p knowledge --example fit_confidence {{PATH}}

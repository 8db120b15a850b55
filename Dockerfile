# The program alone, without shell history, keys or build tools. Facts live in the volume /data.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
# Cargo wants every target that the manifest names, tests and benches too.
COPY Cargo.toml Cargo.lock ./
COPY src ./src
COPY migrations ./migrations
COPY benches ./benches
COPY tests ./tests
RUN cargo build --locked --profile dist --bin outcry

FROM debian:12-slim
RUN useradd --system --uid 10001 --no-create-home outcry && install -d -o outcry -g outcry /data
COPY --from=build /build/target/dist/outcry /usr/local/bin/outcry
USER outcry
WORKDIR /data
VOLUME /data
ENTRYPOINT ["outcry"]
CMD ["chat"]

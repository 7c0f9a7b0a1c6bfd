# The program alone, in an image without anything else: `docker build -t autogen .`, then
# `docker run --rm -v "$PWD:/host" autogen check`.
FROM rust:1-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package diesel-autogen-cli

FROM scratch
COPY --from=build /source/target/release/autogen /autogen
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 65534:65534
WORKDIR /host
ENTRYPOINT ["/autogen"]

# All programs in one image; each service of docker-compose.yml runs one of them.

FROM node:22-bookworm-slim AS shell
WORKDIR /shell
COPY shell/package.json shell/package-lock.json ./
RUN npm install --no-save --no-audit --no-fund
COPY shell .
RUN npm run build

FROM rust:1.95-bookworm AS programs
WORKDIR /axis
COPY . .
ENV SQLX_OFFLINE=true
# What --version and the metrics say, since git's folder stays outside.
ARG AXIS_COMMIT
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/axis/target \
    cargo build --release --locked --bins \
    && mkdir /programs \
    && for program in bins/*; do cp "target/release/${program#bins/}" /programs; done

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin axis \
    && install --directory --owner axis --group axis /var/lib/axis/journal /var/lib/axis/attachments
COPY --from=programs /programs /usr/local/bin
COPY --from=shell /shell/dist /usr/share/axis/shell
COPY tools/is-ready /usr/local/bin
# A container's own loopback is reached by nobody. JOURNAL_DIR is left to whoever mounts a disk for it.
ENV HOST=0.0.0.0 SHELL_DIR=/usr/share/axis/shell
USER axis
WORKDIR /var/lib/axis
CMD ["axis", "--help"]

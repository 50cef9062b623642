# The image holds the server and no model: mount a folder of models at /models.

FROM swift:6.3-bookworm AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libsqlite3-dev libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Dependencies first: they change less often than the sources, and their download is cached.
COPY Package.swift ./
RUN swift package resolve
COPY openapi.yaml ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product needletail \
    && install -D --strip "$(swift build -c release --static-swift-stdlib --show-bin-path)/needletail" /out/needletail

FROM debian:12-slim
LABEL org.opencontainers.image.title="needletail" \
      org.opencontainers.image.description="OpenAI-compatible inference server for CPUs" \
      org.opencontainers.image.licenses="Apache-2.0"
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libsqlite3-0 libssl3 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 65532 -g 65532 -m 0700 /data
COPY --from=build /out/needletail /usr/local/bin/needletail
# NEEDLETAIL_MODEL lists other models than the default two, separated by commas.
ENV NEEDLETAIL_MODELS=/models \
    NEEDLETAIL_REQUEST_LOG=/data/requests.sqlite
USER 65532:65532
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["needletail", "healthcheck"]
ENTRYPOINT ["needletail"]
# An address that others can reach needs a decision: without --insecure-no-auth the server refuses to start on it.
CMD ["serve", "--host", "0.0.0.0"]

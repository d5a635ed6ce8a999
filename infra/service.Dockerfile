# The image of one service:
#
#   docker build -f infra/service.Dockerfile --build-arg SERVICE=gateway -t keyward/gateway .
#
# SERVICE is gateway, validator, ingest, admin-api (which has the command `keyward`, too) or local (all of them in one process,
# with its data in the volume /data). REGISTRY is where packages come from, if not from npm's own. Builders without BuildKit can build it, too.
ARG NODE_IMAGE=node:26-bookworm-slim
ARG SERVICE

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY . .
ARG REGISTRY
RUN if [ -n "${REGISTRY}" ]; then export NPM_CONFIG_REGISTRY="${REGISTRY}" PNPM_CONFIG_REGISTRY="${REGISTRY}"; fi; \
    CI=true npx --yes "$(node -p "require('./package.json').packageManager")" install \
    --frozen-lockfile --prod --filter @keyward/infra --filter '@keyward/local...'
ARG SERVICE
RUN node infra/bundle.ts "${SERVICE}" && mv "dist/${SERVICE}" /app

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production PORT=8080
WORKDIR /app
COPY --from=build /app /app
# Nothing below /app belongs to the user that runs it, and nothing has to be written: the root file system may be read-only.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=6 CMD ["node", "/app/check-health.mjs"]
# Node is the first process, so that SIGTERM reaches it; it drains within 20 s.
ENTRYPOINT ["node", "/app/main.mjs"]

FROM runtime AS gateway

FROM runtime AS validator
USER 0
RUN install -d -o 1000 -g 1000 /spool
USER 1000:1000

FROM runtime AS ingest
# Batches are large and short-lived: with a small heap it stays below 220 MB at full speed (docs/performance.md).
ENV NODE_OPTIONS="--max-old-space-size=128 --max-semi-space-size=8"

FROM runtime AS admin-api
USER 0
# `keyward` without a path; folders that volumes take their owner from, when `keyward secrets create` fills them.
RUN ln -s /app/keyward.mjs /usr/local/bin/keyward \
    && install -d -o 1000 -g 1000 /secrets /secrets/gateway /secrets/validator /secrets/ingest /secrets/admin-api \
    /secrets/migrate /secrets/postgres /secrets/redis
USER 1000:1000
# What `keyward project create` and the like call, in this container.
ENV KEYWARD_URL=http://127.0.0.1:8080

FROM runtime AS local
USER 0
RUN install -d -o 1000 -g 1000 /data
USER 1000:1000
ENV PORT=7700
EXPOSE 7700 7701
VOLUME /data
CMD ["--host", "0.0.0.0", "--data", "/data"]

FROM ${SERVICE}

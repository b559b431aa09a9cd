# syntax=docker/dockerfile:1
# npm run image-steps follows these lines in a clean folder, without Docker.

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim AS booflow
# The port the health check asks.
ENV NODE_ENV=production BOOFLOW_METRICS_PORT=9464
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json package-lock.json LICENSE ./
COPY scripts ./scripts
COPY src ./src
RUN node --import tsx src/bundle-workflows.ts
RUN mkdir -p files && chown 1000:1000 files
# node, by number: what runs these steps elsewhere has no user of that name.
USER 1000:1000
EXPOSE 3000 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "scripts/healthy.mjs"]
CMD ["node", "--import", "tsx", "src/server.ts"]

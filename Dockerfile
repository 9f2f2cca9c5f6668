# One image for all roles: `serve` (everything on SQLite), or `collect`, `web`, `schedule` beside a PostgreSQL.
FROM python:3.13-slim AS build

WORKDIR /src
RUN python -m venv /opt/tlsrpt
# First what seldom changes. Every package is checked against the hash in the lock file.
COPY requirements.lock ./
RUN /opt/tlsrpt/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY schemas ./schemas
COPY collector ./collector
COPY dashboard ./dashboard
RUN /opt/tlsrpt/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
    && /opt/tlsrpt/bin/python -m compileall -q /opt/tlsrpt/lib

FROM python:3.13-slim

LABEL org.opencontainers.image.title="tlsrpt-dashboard" \
      org.opencontainers.image.description="Receives SMTP TLS reports and charts them against your MTA-STS policy" \
      org.opencontainers.image.licenses="Apache-2.0"

RUN useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin tlsrpt
COPY --from=build /opt/tlsrpt /opt/tlsrpt

# Nothing is written but below /data (and /tmp): the root file system may be read-only.
ENV PATH="/opt/tlsrpt/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TLSRPT_SMTP_LISTEN="0.0.0.0:2525" \
    TLSRPT_WEB_LISTEN="0.0.0.0:8080"
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 2525 8080

# Right for `serve` and `web`; docker-compose.yml has one for each role.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=5)"]
ENTRYPOINT ["tlsrpt"]
CMD ["serve"]

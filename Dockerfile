# The daemon as it runs beside the watched services. Two stages: what builds stays behind.
FROM docker.io/library/python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# The packages of the lock file first: this layer changes only with them. pip is among them because
# sqlite-utils asks for it, for a command that nothing here uses: it goes again.
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-deps --require-hashes --only-binary :all: -r requirements/build.txt \
 && python -m venv --without-pip /opt/xops-watch \
 && /opt/build/bin/pip --python /opt/xops-watch/bin/python install \
      --no-deps --require-hashes --only-binary :all: -r requirements/run.txt \
 && /opt/build/bin/pip --python /opt/xops-watch/bin/python uninstall --yes pip

COPY LICENSE README.md pyproject.toml ./
COPY rules rules
COPY xops_watch xops_watch
RUN /opt/build/bin/python -m hatchling build --target wheel \
 && /opt/build/bin/pip --python /opt/xops-watch/bin/python install --no-deps --no-index dist/*.whl


FROM docker.io/library/python:3.13-slim

LABEL org.opencontainers.image.title="xops-watch" \
      org.opencontainers.image.description="Watches the documented scaling triggers of an AI stack on AWS and says which evolution step is due" \
      org.opencontainers.image.licenses="Apache-2.0"

# No package installer where the daemon runs. A volume takes the owner of its directory in the image.
RUN rm -rf /usr/local/lib/python3*/site-packages/pip /usr/local/lib/python3*/site-packages/pip-*.dist-info \
      /usr/local/lib/python3*/ensurepip /usr/local/bin/pip* \
 && groupadd --gid 10001 xops-watch \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin xops-watch \
 && install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/xops-watch

COPY --from=build /opt/xops-watch /opt/xops-watch

ENV PATH=/opt/xops-watch/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

USER 10001:10001
WORKDIR /var/lib/xops-watch
VOLUME /var/lib/xops-watch
EXPOSE 9923
STOPSIGNAL SIGTERM
# At a quarter of a CPU the interpreter alone takes most of a second to start.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["xops-watch", "healthcheck"]
ENTRYPOINT ["xops-watch"]
CMD ["run"]

# One image for the API, the workers and the notifier; the command says which it is.
#   docker build -t foldline .                          CPU
#   docker build -t foldline:cuda --build-arg TORCH=cuda .   NVIDIA GPU
FROM python:3.11-slim

# The number is fixed so that a shared data directory belongs to the same user on every machine.
RUN useradd --uid 10001 --create-home foldline \
    && install --directory --owner=foldline --group=foldline /data

# Both names of the constraints, because pip 25.3 gave packages that only build us their own.
ENV PIP_CONSTRAINT=/app/constraints.txt \
    PIP_BUILD_CONSTRAINT=/app/constraints.txt \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /app

# Dependencies come before the source: a change of the source does not install torch again.
COPY pyproject.toml constraints.txt ./
# PyPI's own torch is the CUDA build; the CPU build has an index and wins by its "+cpu".
ARG TORCH=cpu
RUN case "$TORCH" in \
        cpu) index="--extra-index-url https://download.pytorch.org/whl/cpu" ;; \
        cuda) index="" ;; \
        *) echo "TORCH is cpu or cuda, not '$TORCH'" >&2; exit 1 ;; \
    esac \
    && python -c "import tomllib; print(*(d for d in tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'] if not d.startswith('foldline-client')), sep='\n')" > requirements.txt \
    && pip install $index -r requirements.txt

COPY README.md LICENSE NOTICE ./
COPY schemas ./schemas
COPY telemetry ./telemetry
COPY exports ./exports
COPY storage ./storage
COPY service ./service
COPY worker ./worker
COPY notifier ./notifier
COPY hosting ./hosting
COPY cli ./cli
COPY client ./client
# The page offers them to try: service/page/curves is a link to here.
COPY examples/curves ./examples/curves
RUN pip install --no-deps ./client .

ENV FOLDLINE_DATA_DIR=/data \
    PYTHONUNBUFFERED=1
VOLUME /data
USER foldline
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

CMD ["foldline", "api", "--host", "0.0.0.0"]

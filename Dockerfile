# The image of agent and operator: one image, two commands.
#   docker build -t tiercel .                         this machine's architecture
#   docker build --platform linux/arm64 -t tiercel .  the other one; nothing of it is run while building
#   make image                                        the same without Docker, from Debian's packages alone (docs/image.md)

FROM --platform=$BUILDPLATFORM docker.io/library/node:24-bookworm AS build
ARG TARGETARCH
ARG TIERCEL_IMAGE_TOOLS=
RUN apt-get update && apt-get install -y --no-install-recommends clang llvm libbpf-dev bpftool mmdebstrap
WORKDIR /source
COPY . .
RUN npm ci --ignore-scripts && make bundle && scripts/image-root.sh /image ${TARGETARCH}

# Nothing but files: no shell, no package manager.
FROM scratch
ARG VERSION=0.0.0
LABEL org.opencontainers.image.title="tiercel" \
      org.opencontainers.image.description="Runtime security for Kubernetes: Falco rules, eBPF, and answers you can trust" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /image/ /
# The operator's user. The agent's pod asks for root, which the capabilities it gets need.
USER 65532:65532
# Threads share two of the C library's heaps; with one each, of which little is ever in use, they take some 6 MiB more.
ENV MALLOC_ARENA_MAX=2
ENTRYPOINT ["/usr/bin/node", "--max-semi-space-size=1", "/app/build/main.js"]
CMD ["--help"]

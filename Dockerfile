# docker build -t ganzoo . && docker run --rm -v "$PWD/runs:/work/runs" ganzoo train dcgan
# With GPUs: docker build --build-arg EXTRA=cuda -t ganzoo . && docker run --gpus=all ...
FROM python:3.12-slim
ARG EXTRA=video
COPY . /src
RUN pip install --no-cache-dir "/src[$EXTRA]" && rm -r /src
WORKDIR /work
ENTRYPOINT ["ganzoo"]

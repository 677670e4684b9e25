"""The manifests of docs/kubernetes: their schemas, and what their pods run."""

import copy
import json
import os
import subprocess
from pathlib import Path

import pytest

from ganzoo.cli import main as command
from ganzoo.cli.runs import LOST, experiment_of
from ganzoo.training import cluster

kubernetes = pytest.importorskip("kubernetes_validate")
jsonschema = pytest.importorskip("jsonschema")
yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[2]
VERSIONS = ("1.31", "1.37")
SCHEMA = json.loads((ROOT / "tests/fixtures/tfjob.schema.json").read_text())


def documents(name):
    return list(yaml.safe_load_all((ROOT / "docs/kubernetes" / name).read_text()))


def check(document):
    """Raises ValidationError for what Kubernetes or the operator refuses."""
    if document["kind"] == "TFJob":
        jsonschema.validate(document, SCHEMA)
        template = document["spec"]["tfReplicaSpecs"]["Worker"]["template"]
        document = {"apiVersion": "v1", "kind": "PodTemplate", "template": template}
    for version in VERSIONS:
        kubernetes.validate(document, version, strict=True)


@pytest.mark.parametrize("name", ["job.yaml", "tfjob.yaml"])
def test_manifests_fit_their_schemas(name):
    for document in documents(name):
        check(document)


def test_every_manifest_is_tested():
    files = {path.name for path in (ROOT / "docs/kubernetes").iterdir()}
    assert files == {"job.yaml", "tfjob.yaml"}


FAULTS = {
    "job.yaml": [
        lambda job: job["spec"].update(podFailurePolicies={}),
        lambda job: job["spec"]["podFailurePolicy"]["rules"][0].pop("action"),
        lambda job: job["spec"]["template"]["spec"].pop("containers"),
        lambda job: job["spec"].update(backoffLimit="twenty"),
    ],
    "tfjob.yaml": [
        lambda job: job["spec"]["tfReplicaSpecs"].update(Chief={}),
        lambda job: job["spec"]["tfReplicaSpecs"]["Worker"].update(restartPolicy="No"),
        lambda job: _worker(job).update(image=3),
        lambda job: _worker(job).update(commands=["ganzoo"]),
    ],
}


def _worker(job):
    (one,) = job["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]["containers"]
    return one


@pytest.mark.parametrize("name", FAULTS)
def test_the_schemas_see_faults(name):
    for fault in FAULTS[name]:
        job = copy.deepcopy(documents(name)[-1])
        fault(job)
        with pytest.raises((kubernetes.ValidationError, jsonschema.ValidationError)):
            check(job)


def _experiment(words):
    return experiment_of(command.parse(["ganzoo", *words]))


@pytest.mark.parametrize("index", [0, 1])
def test_pods_of_the_job_get_a_cluster_and_a_command(index, tmp_path, monkeypatch):
    service, job = documents("job.yaml")
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    fake = tmp_path / "ganzoo"
    fake.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$TF_CONFIG" | tr "\\n" " "\nprintf "\\n%s" "$*"\n'
    )
    fake.chmod(0o755)
    shell = [*container["command"], *container["args"]]
    path = f"{tmp_path}:{os.environ['PATH']}"
    env = {"PATH": path, "JOB_COMPLETION_INDEX": str(index)}
    done = subprocess.run(shell, env=env, capture_output=True, text=True, check=True)
    config, words = done.stdout.split("\n")
    monkeypatch.setenv("TF_CONFIG", config)
    found = cluster.from_environment()
    assert found.index == index
    pods = [f"{job['metadata']['name']}-{i}" for i in range(job["spec"]["completions"])]
    domain = spec["subdomain"]
    port = container["ports"][0]["containerPort"]
    assert found.workers == tuple(f"{pod}.{domain}:{port}" for pod in pods)
    assert service["metadata"]["name"] == domain
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    assert job["spec"]["parallelism"] == job["spec"]["completions"]
    assert _experiment(words.split()).strategy == "multi_worker"


def test_failure_policy_by_exit_code():
    _, job = documents("job.yaml")
    rules = job["spec"]["podFailurePolicy"]["rules"]
    assert rules[0]["onPodConditions"] == [
        {"type": "DisruptionTarget", "status": "True"}
    ]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    by_code = [rule["onExitCodes"] for rule in rules[1:]]
    assert {codes["containerName"] for codes in by_code} == {container["name"]}
    assert [(rule["action"], rule["onExitCodes"]["values"]) for rule in rules[1:]] == [
        ("Ignore", [LOST, 143]),
        ("FailJob", [2]),
    ]
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_the_tfjob_runs_a_command_that_exists():
    (job,) = documents("tfjob.yaml")
    container = _worker(job)
    program, *words = [*container["command"], *container["args"]]
    assert program == "ganzoo"
    assert _experiment(words).strategy == "multi_worker"
    assert container["name"] == "tensorflow"
    assert container["ports"][0]["name"] == "tfjob-port"


@pytest.mark.parametrize("name", ["job.yaml", "tfjob.yaml"])
def test_pods_have_patience(name, monkeypatch):
    text = (ROOT / "docs/kubernetes" / name).read_text()
    (value,) = [
        entry["value"]
        for entry in _environment(documents(name)[-1])
        if entry["name"] == cluster.VARIABLE
    ]
    monkeypatch.setenv(cluster.VARIABLE, value)
    assert cluster.patience_of(None) == 900 and "GANZOO_PATIENCE" in text


def _environment(job):
    spec = (
        job["spec"].get("template")
        or job["spec"]["tfReplicaSpecs"]["Worker"]["template"]
    )
    return spec["spec"]["containers"][0]["env"]

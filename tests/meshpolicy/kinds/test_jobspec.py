"""What the API server refuses in Jobs and CronJobs, and that they are read all the same: no policy rests on it."""

from typing import Any

import pytest

from meshpolicy.manifests.parse import parse_documents

from ..build import Manifest, documents

POD = {"containers": [{"name": "app"}]}
JOB = "spec.template.spec.restartPolicy"
OF_CRON_JOB = "spec.jobTemplate.spec.template.spec.restartPolicy"


def job(restart: str | None = "Never", **spec: Any) -> Manifest:
    """Return a Job."""
    pod = POD if restart is None else {**POD, "restartPolicy": restart}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "a", "namespace": "ns"},
        "spec": {"template": {"spec": pod}, **spec},
    }


def cron_job(schedule: Any = "0 3 * * *", restart: str | None = "OnFailure", name: str = "a", **more: Any) -> Manifest:
    """Return a CronJob; `of_job` is what its Jobs have besides."""
    inner = {**job(restart)["spec"], **more.pop("of_job", {})}
    spec = {"schedule": schedule, "jobTemplate": {"spec": inner}, **more}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name, "namespace": "ns"}, "spec": spec}


def running(kind: str, restart: str) -> Manifest:
    """Return a workload whose controller keeps its pods running."""
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {**POD, "restartPolicy": restart}}
    spec = {"selector": {"matchLabels": {"app": "a"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a", "namespace": "ns"}, "spec": spec}


@pytest.mark.parametrize(
    ("manifest", "tolerated"),
    [
        (job(), []),
        (job("OnFailure"), []),
        (job(None), [JOB]),
        (job(""), [JOB]),
        (job("Always"), [JOB]),
        (job("OnFailure", podFailurePolicy={"rules": []}), [JOB]),
        (job("Never", podFailurePolicy={"rules": []}), []),
        (cron_job(), []),
        (cron_job(restart=None), [OF_CRON_JOB]),
        (cron_job("@hourly"), []),
        (cron_job("60 * * * *"), ["spec.schedule"]),
        (cron_job("TZ=UTC 0 3 * * *"), ["spec.schedule"]),
        (cron_job(""), ["spec.schedule"]),
        (cron_job(name="a" * 52), []),
        (cron_job(name="a" * 53), ["metadata.name"]),
        (cron_job(timeZone="Europe/Berlin"), []),
        (cron_job(timeZone="Etc/GMT+1"), []),
        (cron_job(timeZone="Local"), ["spec.timeZone"]),
        (cron_job(timeZone=""), ["spec.timeZone"]),
        (cron_job(timeZone="../etc"), ["spec.timeZone"]),
        (cron_job(of_job={"manualSelector": True}), ["spec.jobTemplate.spec.manualSelector"]),
        (running("Deployment", "Always"), []),
        (running("Deployment", "Never"), ["spec.template.spec.restartPolicy"]),
        (running("DaemonSet", "OnFailure"), ["spec.template.spec.restartPolicy"]),
    ],
)
def test_what_the_api_server_refuses_of_a_job_is_told_and_the_job_is_read(
    manifest: Manifest, tolerated: list[str]
) -> None:
    found = parse_documents(documents(manifest))
    assert [problem.place.field for problem in found.refused] == tolerated
    assert found.deciding == ()
    assert [workload.ref.kind for workload in found.cluster.workloads] == [manifest["kind"]]


@pytest.mark.parametrize(
    ("manifest", "field"),
    [
        (job(parallelism=-1), "spec.parallelism"),
        (job(completionMode="Some"), "spec.completionMode"),
        (cron_job(concurrencyPolicy="allow"), "spec.concurrencyPolicy"),
        (cron_job(of_job={"backoffLimit": -1}), "spec.jobTemplate.spec.backoffLimit"),
        (cron_job(startingDeadlineSeconds=2**40), None),
    ],
)
def test_numbers_and_words_of_jobs_have_their_ranges(manifest: Manifest, field: str | None) -> None:
    assert [problem.place.field for problem in parse_documents(documents(manifest)).refused] == [field] * bool(field)

"""What the API server refuses in Jobs and CronJobs beyond their schema and their template. Pure.

No answer about policies rests on it: such an object is told, and read all the same.
Source: Kubernetes `pkg/apis/batch/validation/validation.go`.
"""

import re

from meshpolicy.core.errors import ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.cron import InvalidSchedule, check_schedule
from meshpolicy.kinds.podspec import check_template, check_template_of

LONGEST_CRON_JOB = 52
"""Characters of a CronJob's name: eleven more are the names of its Jobs."""
ZONE_PART = re.compile(r"(?!-)(?!\.\.?$)[A-Za-z._0-9+-]{1,14}")


def check_job(document: Fields) -> None:
    """Note what is wrong with a Job."""
    check_template(document)
    _check_restarts(document.child("spec"))


def check_cron_job(document: Fields) -> None:
    """Note what is wrong with a CronJob."""
    spec = document.child("spec")
    job = spec.child("jobTemplate").child("spec")
    check_template_of(job)
    _check_restarts(job)
    for key in ("selector", "manualSelector"):
        if job.data.get(key):
            job.note(key, "is not for the Jobs of a CronJob, whose selector is generated", ProblemKind.TOLERATED)
    name = document.child("metadata").text("name")
    if len(name) > LONGEST_CRON_JOB:
        text = f"has {len(name)} characters, where a CronJob has at most {LONGEST_CRON_JOB}"
        document.child("metadata").note("name", text, ProblemKind.TOLERATED)
    _check_times(spec)


def _check_times(spec: Fields) -> None:
    if spec.has("schedule"):
        try:
            check_schedule(spec.text("schedule"))
        except InvalidSchedule as error:
            spec.note("schedule", f"is `{spec.text('schedule')[:60]}`; it {error}", ProblemKind.TOLERATED)
    if spec.has("timeZone"):
        zone = spec.text("timeZone")
        if zone.lower() == "local" or not all(ZONE_PART.fullmatch(part) for part in zone.split("/")):
            spec.note("timeZone", f"is `{zone[:60]}`, which names no time zone", ProblemKind.TOLERATED)


def _check_restarts(spec: Fields) -> None:
    """Note a restart policy that a Job's pods may not have; what is left out is `Always`."""
    pod = spec.child("template").child("spec")
    policy = pod.text("restartPolicy")
    if policy in ("", "Always"):
        told = "is `Always`" if policy else "is missing"
        pod.note("restartPolicy", f"{told}; the pods of a Job have `OnFailure` or `Never`", ProblemKind.TOLERATED)
    elif spec.has("podFailurePolicy") and policy == "OnFailure":
        text = "is `OnFailure`; with a podFailurePolicy it is `Never`"
        pod.note("restartPolicy", text, ProblemKind.TOLERATED)

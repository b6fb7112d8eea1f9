"""Runs the `run` steps of a composite action as a runner of GitHub does, and records which other actions it uses."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .onpath import really

EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
PYTHON = """#!/bin/sh
case "$*" in *"-m pip install"*) printf '%s\\n' "$@" >>{record}; exit 0 ;; esac
exec {python} "$@"
"""
"""A Python that writes down what pip would install, and has it already."""


@dataclass
class Runner:
    """One job on a repository."""

    workspace: Path
    temporary: Path
    github: Mapping[str, str]
    """What expressions know as `github`, by its dotted name."""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """The actions that were used, with their inputs."""
    log: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the steps find in their environment beside what every runner has."""

    @property
    def summary(self) -> str:
        """Return what the steps wrote into the job's summary."""
        file = self.temporary / "summary"
        return file.read_text() if file.exists() else ""

    @property
    def installed(self) -> list[str]:
        """Return the arguments with which pip was asked."""
        return (self.temporary / "pip").read_text().splitlines()

    def run(self, action: Path, **given: str) -> int:
        """Run an action with inputs (`-` is written `_`); return the exit code of the first step that fails, or 0."""
        told: dict[str, Any] = yaml.safe_load((action / "action.yml").read_text())
        inputs = {name: self._filled(str(one.get("default", "")), {}) for name, one in told["inputs"].items()}
        wanted = {name.replace("_", "-"): value for name, value in given.items()}
        assert wanted.keys() <= inputs.keys(), f"no such input: {wanted.keys() - inputs.keys()}"
        inputs |= wanted
        for step in told["runs"]["steps"]:
            if self._value(step.get("if", "true"), inputs) in ("", "false"):
                continue
            if "uses" in step:
                self._use(step, inputs)
            elif code := self._execute(step, action, inputs):
                return code
        return 0

    def _use(self, step: Mapping[str, Any], inputs: Mapping[str, str]) -> None:
        name = step["uses"].partition("@")[0]
        self.used.append((name, {key: self._filled(_text(value), inputs) for key, value in step["with"].items()}))
        if name == "actions/setup-python":
            python = self.temporary / "python"
            record, real = shlex.quote(str(self.temporary / "pip")), shlex.quote(sys.executable)
            python.write_text(PYTHON.format(record=record, python=real))
            python.chmod(0o700)
            self.outputs[step["id"]] = {"python-path": str(python)}

    def _execute(self, step: Mapping[str, Any], action: Path, inputs: Mapping[str, str]) -> int:
        files = {name: self.temporary / name for name in ("output", "summary")}
        files["output"].write_text("")
        given = {name: self._filled(value, inputs) for name, value in step.get("env", {}).items()}
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temporary),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTION_PATH": str(action),
            "GITHUB_OUTPUT": str(files["output"]),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
        }
        script = self.temporary / "script.sh"
        script.write_text(step["run"])
        (self.temporary / "meshpolicy").mkdir(exist_ok=True)  # as pip would
        done = subprocess.run(
            [really("bash"), "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.workspace,
            env=environment | dict(self.environment) | given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.log += done.stdout
        lines = (line.partition("=") for line in files["output"].read_text().splitlines())
        self.outputs[step["id"]] = {name: value for name, _, value in lines}
        return done.returncode

    def _filled(self, text: str, inputs: Mapping[str, str]) -> str:
        return EXPRESSION.sub(lambda found: self._value(found[1], inputs), text)

    def _value(self, expression: str, inputs: Mapping[str, str]) -> str:
        """Return the value of an expression: names, literals, `==`, `!=`, `&&` and `||`; an empty text is false."""
        if " || " in expression:
            return next(filter(None, (self._value(one, inputs) for one in expression.split(" || "))), "")
        if " && " in expression:
            parts = [self._value(one, inputs) for one in expression.split(" && ")]
            return parts[-1] if all(part not in ("", "false") for part in parts) else ""
        for sign in ("==", "!="):
            if f" {sign} " in expression:
                one, other = (self._value(side, inputs) for side in expression.split(f" {sign} "))
                return "true" if (one == other) is (sign == "==") else ""
        return self._name(expression, inputs)

    def _name(self, name: str, inputs: Mapping[str, str]) -> str:
        scope, _, rest = name.partition(".")
        match scope:
            case "inputs":
                return inputs[rest]
            case "steps":
                step, _, output = rest.partition(".outputs.")
                return self.outputs[step].get(output, "")
            case "github":
                return self.github.get(rest, "")
            case "runner":
                return str(self.temporary)
            case _:
                return name.strip("'")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

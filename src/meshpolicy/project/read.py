"""Reads `meshpolicy.yaml` strictly: an unknown field is an error. Opens the file through `load` only."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from meshpolicy.analysis.phrases import InvalidPhrase
from meshpolicy.analysis.sentence import read_sentence
from meshpolicy.cases.proofs import Claimed
from meshpolicy.cases.read import read_settings
from meshpolicy.core.document import located
from meshpolicy.core.errors import InvalidInput, Place, Problem
from meshpolicy.core.fields import Fields
from meshpolicy.core.spelling import did_you_mean
from meshpolicy.findings.registry import codes
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.installed import read_value_files
from meshpolicy.manifests.load import load
from meshpolicy.manifests.options import Chart, ReadOptions
from meshpolicy.manifests.paths import display_path
from meshpolicy.project.project import Project, Suppression
from meshpolicy.record import record

FILE = "meshpolicy.yaml"
FIELDS: Mapping[str, str] = {
    "sources": "files and folders, as SOURCES of every verb; from this file on",
    "exclude": "patterns of files that are left out, as --exclude",
    "renders": "kustomizations (`kustomize: FOLDER`) and charts (`helm: FOLDER`) that are rendered",
    "namespace": "the namespace of objects that name none, as --namespace",
    "variables": "values of variables that a GitOps tool would fill in, as --set",
    "closedWorld": "whether these are all objects of the cluster, as --closed-world",
    "values": "files of Helm values with which Linkerd's control plane was installed, as --values",
    "cluster": "what else the mesh was installed with: `defaultInboundPolicy`, `trustDomain` …",
    "prove": "sentences that must hold, each alone or with `sentence` and `why`",
    "accepted": "the file of accepted access, as `meshpolicy accept` writes it",
    "cases": "files and folders of policy cases, as of `meshpolicy test`",
    "suppress": "findings that do not fail the run: `code`, `object`, `reason`, and `expires` (a day)",
}
"""Every field with its description."""
RENDER_FIELDS = ("kustomize", "helm", "release", "namespace", "values")
CLAIM_FIELDS = ("sentence", "why")
SUPPRESSION_FIELDS = ("code", "object", "reason", "expires")
SETTINGS: Mapping[str, str] = {
    "defaultInboundPolicy": "default_inbound_policy",
    "clusterNetworks": "cluster_networks",
    "probeNetworks": "probe_networks",
    "trustDomain": "trust_domain",
    "controlPlaneNamespace": "control_plane_namespace",
    "outboundTransportMode": "outbound_transport_mode",
}


def read_project(path: str) -> Project:
    """Read a file. Raises InvalidInput with all of its mistakes, each with file and line."""
    documents, found = load([path], words=True)
    problems = list(found)
    if len(documents) != 1 and not problems:
        problems.append(Problem(Place(display_path(path)), f"holds {len(documents)} documents, where one is expected"))
    if problems:
        raise InvalidInput(tuple(problems))
    reader = _Reader(Fields(documents[0].data, documents[0].place, problems), Path(path).parent)
    project = reader.project()
    if problems:
        raise InvalidInput(tuple(located(dict.fromkeys(problems), documents)))
    suppressions = tuple(
        Suppression(one.code, one.object, one.reason, documents[0].located(one.place), one.expires)
        for one in project.suppressions
    )
    claims = tuple(Claimed(one.sentence, documents[0].located(one.place), one.why) for one in project.claims)
    return Project(
        project.place,
        project.sources,
        project.options,
        project.settings,
        claims,
        project.accepted,
        project.cases,
        suppressions,
    )


@record
class _Reader:
    """Reads the fields of one file; its paths are relative to the file's folder."""

    fields: Fields
    folder: Path

    def project(self) -> Project:
        """Return the project, and record the mistakes in the fields."""
        fields = self.fields
        _known(fields, tuple(FIELDS))
        settings = self._settings()
        overlays, charts = self._renders()
        sources = self._paths(fields, "sources")
        if not sources and not charts and not overlays:
            fields.note("sources", "is missing or empty: files and folders that are read")
        under = [one for one in overlays if not any(Path(one).is_relative_to(source) for source in sources)]
        options = ReadOptions(
            fields.texts("exclude"),
            fields.text("namespace"),
            fields.child("variables").strings_of_all(),
            fields.flag("closedWorld"),
            overlays=overlays,
            charts=charts,
        )
        return Project(
            fields.place,
            (*sources, *under),
            options,
            settings,
            tuple(self._claims(settings)),
            self._path(fields.text("accepted")),
            self._paths(fields, "cases"),
            tuple(self._suppressions()),
        )

    def _path(self, name: str) -> str:
        return str(self.folder / name) if name else ""

    def _paths(self, fields: Fields, key: str) -> tuple[str, ...]:
        found = []
        for number, name in enumerate(fields.texts(key)):
            path = self._path(name)
            if not Path(path).exists():
                fields.note(f"{key}[{number}]", f"names {name or 'nothing'}, which is not there")
            found.append(path)
        return tuple(found)

    def _settings(self) -> MeshSettings:
        cluster = self.fields.child("cluster")
        _known(cluster, tuple(SETTINGS))
        said = read_settings(cluster)
        told = {name: getattr(said, name) for key, name in SETTINGS.items() if cluster.has(key)}
        try:
            standard = read_value_files(self._paths(self.fields, "values"), MeshSettings())
        except InvalidInput as error:
            self.fields.problems.extend(error.problems)
            return MeshSettings()
        return standard.told(**told)

    def _renders(self) -> tuple[tuple[str, ...], tuple[Chart, ...]]:
        overlays: list[str] = []
        charts: list[Chart] = []
        for entry in self.fields.children("renders"):
            _known(entry, RENDER_FIELDS)
            folder, chart = entry.text("kustomize"), entry.text("helm")
            if bool(folder) is bool(chart):
                entry.note("", "names either a folder to `kustomize`, or a chart for `helm`")
            elif not (self.folder / (folder or chart)).is_dir():
                entry.note("kustomize" if folder else "helm", f"names {folder or chart}, which is no folder here")
            elif folder:
                overlays.append(self._path(folder))
            else:
                release = entry.text("release") or Path(chart).name
                values = self._paths(entry, "values")
                charts.append(Chart(self._path(chart), release, entry.text("namespace"), values))
        return tuple(overlays), tuple(charts)

    def _claims(self, settings: MeshSettings) -> Iterator[Claimed]:
        listed = self.fields.data.get("prove")
        if not isinstance(listed, list | None):
            self.fields.note("prove", "is no list of sentences")
        for number, entry in enumerate(listed if isinstance(listed, list) else ()):
            key = f"prove[{number}]"
            text, why = entry, ""
            if isinstance(entry, dict):
                own = Fields(entry, self.fields.at(key), self.fields.problems)
                _known(own, CLAIM_FIELDS)
                text, why = own.required("sentence"), own.text("why")
            if not isinstance(text, str) or not text:
                if not isinstance(entry, dict):
                    self.fields.note(key, "is no sentence")
                continue
            try:
                yield Claimed(read_sentence(text, settings), self.fields.at(key), why)
            except InvalidPhrase as error:
                self.fields.note(key, str(error))

    def _suppressions(self) -> Iterator[Suppression]:
        known = [code.code for code in codes()]
        for entry in self.fields.children("suppress"):
            _known(entry, SUPPRESSION_FIELDS)
            code, of, reason = (entry.required(key) for key in ("code", "object", "reason"))
            expires = entry.text("expires")
            if code and code not in known:
                entry.note("code", f"is `{code}`, which no finding has{did_you_mean(code.upper(), known)}")
            if expires and not _is_day(expires):
                entry.note("expires", f"is `{expires}`, where a day such as 2027-01-31 is expected")
            yield Suppression(code, of, reason, entry.place, expires)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _known(fields: Fields, names: tuple[str, ...]) -> None:
    """Record the unknown fields of a mapping."""
    for name in fields.data:
        if name not in names:
            hint = did_you_mean(str(name), names) or f"; known are {', '.join(names)}"
            fields.note(str(name), f"is an unknown field{hint}")

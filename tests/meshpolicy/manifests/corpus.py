"""Folders in the shapes of repositories that people have: applications, charts, overlays, and what lies beside them."""

from dataclasses import dataclass
from pathlib import Path

NAMESPACE = """apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
"""
SERVER = """apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: web, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, port: http, proxyProtocol: HTTP/1}
"""
POLICY = """apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: web}
  requiredAuthenticationRefs: [{kind: ServiceAccount, name: cart, namespace: shop}]
"""


def deployment(name: str, *, namespace: str = "shop", port: int = 8080, more: str = "") -> str:
    """Return a Deployment as one finds it, with an account of its own."""
    space = f", namespace: {namespace}" if namespace else ""
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}{space}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      serviceAccountName: {name}
      containers:
        - name: main
          image: example.org/{name}:1{more}
          ports: [{{name: http, containerPort: {port}}}]
"""


def service(name: str, port: int = 80) -> str:
    """Return a Service."""
    return f"""apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: {port}, targetPort: http}}]}}
"""


def joined(*documents: str) -> str:
    """Return one file of several documents."""
    return "---\n".join(documents)


APP = joined(NAMESPACE, deployment("web"), service("web"), deployment("cart"))
POLICIES = joined(SERVER, POLICY)
GOOD = {"k8s/app.yaml": APP, "k8s/policies.yaml": POLICIES}
"""Manifests that are read as they are: cart alone may call web."""
CERTAIN = "shop/web,8080,shop/cart,every request"
"""What `list --output csv` says of them."""
UNKNOWN = "unknown"

CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "chart/values.yaml": "replicas: 1\nimage: {tag: '1'}\nkind: Deployment\n",
    "chart/templates/_helpers.tpl": '{{- define "web.name" -}}{{ .Release.Name }}{{- end -}}\n',
    "chart/templates/deployment.yaml": (
        'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include "web.name" . }}\n'
        "{{- if .Values.labels }}\n  labels:\n{{ toYaml .Values.labels | indent 4 }}\n{{- end }}\n"
    ),
}
POLICY_CHART = {
    **CHART,
    "chart/templates/server.yaml": (
        "{{- if .Values.policy }}\napiVersion: policy.linkerd.io/v1beta3\nkind: Server\n"
        "metadata:\n  name: {{ .Release.Name }}\n{{- end }}\n"
    ),
}
KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
BASE = {
    "base/kustomization.yaml": f"{KUSTOMIZATION}resources: [app.yaml, policies.yaml]\n",
    "base/app.yaml": APP,
    "base/policies.yaml": POLICIES,
}


def overlay(name: str, rest: str, **files: str) -> dict[str, str]:
    """Return an overlay of the base."""
    head = {f"overlays/{name}/kustomization.yaml": f"{KUSTOMIZATION}resources: [../../base]\n{rest}"}
    return head | {f"overlays/{name}/{file}.yaml": text for file, text in files.items()}


REPLICAS = "patches: [{path: replicas.yaml}]\n"
FOUR = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 4}\n"
OTHER_PORT = """patches:
  - target: {kind: Server, name: web}
    patch: |-
      - {op: replace, path: /spec/port, value: admin}
"""
PROD = overlay("prod", REPLICAS, replicas=FOUR)


FLUX = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: flux-system}
spec: {path: ./apps/shop, targetNamespace: shop, postBuild: {substitute: {PORT: http}}}
"""
APPS = {
    "apps/shop/all.yaml": joined(APP, POLICIES)
    .replace(", namespace: shop}\nspec", "}\nspec")
    .replace("port: http, proxy", "port: '${PORT}', proxy")
}


def release(space: str) -> str:
    """Return an object from which Flux renders others into a namespace."""
    return f"""apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: redis, namespace: flux-system}}
spec: {{targetNamespace: {space}, chart: {{spec: {{chart: redis}}}}}}
"""


def application(space: str, path: str) -> str:
    """Return an object from which Argo CD renders others into a namespace."""
    return f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: shop, namespace: argocd}}
spec: {{destination: {{namespace: {space}}}, source: {{repoURL: 'https://example.org/r', path: {path}}}}}
"""


OTHER_REPOSITORY = application("other", "k8s").replace("name: shop,", "name: b,").replace("/r'", "/s'")


def flux(spec: str, name: str = "shop") -> str:
    """Return an object from which Flux renders a folder."""
    return f"""apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec: {{{spec}}}
"""


@dataclass(frozen=True)
class Shape:
    """A folder, what is said of web in it, and what is told on stderr."""

    name: str
    files: dict[str, str]
    says: str = CERTAIN
    """A part of what `list` answers; UNKNOWN: that the access is not known."""
    notes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    tool: bool = False
    """Whether a kustomization of it needs kustomize or kubectl."""
    source: str = "."


SHAPES = (
    Shape("plain folders", GOOD),
    Shape("a chart beside manifests", GOOD | CHART, notes=("chart: left out: a Helm chart without policies",)),
    Shape("a chart with policies", GOOD | POLICY_CHART, UNKNOWN, ("chart: not rendered: a Helm chart that may hold",)),
    Shape("a chart with policies, excluded", GOOD | POLICY_CHART, options=("--exclude", "chart")),
    Shape(
        "a chart that depends on another",
        GOOD | CHART | {"chart/Chart.yaml": "name: web\ndependencies: [{name: redis, version: 1.x}]\n"},
        UNKNOWN,
        ("chart: not rendered",),
    ),
    Shape(
        "a chart of extra objects",
        GOOD | CHART | {"chart/templates/extra.yaml": "{{ range .Values.extra }}\n---\n{{ tpl . $ }}\n{{ end }}\n"},
        UNKNOWN,
        ("chart: not rendered",),
    ),
    Shape(
        "values without their chart",
        GOOD | {"helm/values-prod.yaml": "kind: DaemonSet\nport: 80\n", "helm/values.yaml": "a: 1\n"},
        notes=("helm/values-prod.yaml:1: left out: Helm values (and 1 more: helm/values.yaml:1)",),
    ),
    Shape(
        "an index of charts",
        GOOD | {"docs/index.yaml": "apiVersion: v1\nentries: {}\n"},
        notes=("docs/index.yaml:1: left out: an index of Helm charts",),
    ),
    Shape("a patch in JSON", GOOD | {"patch.json": '[{"op": "remove", "path": "/a"}]'}, notes=("patch.json",)),
    Shape(
        "package.json", GOOD | {"package.json": '{"name": "web", "version": "1.0.0"}'}, notes=("package.json:1: left",)
    ),
    Shape(
        "Compose, MkDocs, OpenAPI and Skaffold",
        GOOD
        | {
            "docker-compose.yml": "services: {web: {image: web}}\n",
            "mkdocs.yml": "site_name: x\nmarkdown_extensions:\n  - e: {format: !!python/name:f.g}\n",
            "api/openapi.yaml": "openapi: 3.0.0\npaths: {}\n",
            "skaffold.yaml": "apiVersion: skaffold/v4beta7\nkind: Config\nmetadata: {name: Not_A_Name}\nbuild: {}\n",
            ".github/workflows/ci.yaml": "on: push\njobs: {a: {steps: [{run: x}]}}\n",
        },
        notes=("docker-compose.yml:1: left out: a Compose file", "mkdocs.yml:3: left out: settings of MkDocs"),
    ),
    Shape(
        "Ansible beside manifests",
        GOOD
        | {
            "ansible/site.yml": "- hosts: all\n  roles: [web]\n",
            "ansible/roles/web/tasks/main.yml": '- name: x\n  shell: "{{ command }}"\n',
            "ansible/roles/web/vars.yml": "a: {{ b }}\n",
        },
        notes=("ansible/roles/web/tasks/main.yml", "ansible/roles/web/vars.yml:1: left out"),
    ),
    Shape(
        "a template outside of a chart",
        GOOD | {"deploy/job.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: {{ name }}}\n"},
        notes=("deploy/job.yaml:3: left out: a template without policies",),
    ),
    Shape(
        "a template of a policy outside of a chart",
        GOOD | {"deploy/p.yaml": "apiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata: {name: {{ name }}}\n"},
        UNKNOWN,
        ("deploy/p.yaml:3: not rendered: a template that may hold policies",),
    ),
    Shape(
        "a template in quotes",
        GOOD | {"deploy/s.yaml": SERVER.replace("name: web", 'name: "{{ name }}"')},
        UNKNOWN,
        ("deploy/s.yaml:1: left out: Server shop/{{ name }} has the template {{ name }}",),
    ),
    Shape(
        "definitions and resources of others",
        GOOD
        | {
            "crds/c.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
            "metadata: {name: a.b.c}\n",
            "cr/backstage.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
            "metadata: {name: My_Web}\nspec: {}\n",
            "tekton/task.yaml": "apiVersion: tekton.dev/v1\nkind: Task\n"
            "metadata: {name: t}\nspec: {steps: [{name: a}]}\n",
            "monitoring/r.yaml": (
                "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r, namespace: shop}\n"
                'spec: {groups: [{name: g, rules: [{alert: A, expr: "1", annotations: {s: "{{ $labels.pod }}"}}]}]}\n'
            ),
        },
    ),
    Shape(
        "secrets of SOPS",
        GOOD
        | {
            ".sops.yaml": "creation_rules: [{age: x}]\n",
            "secret.enc.yaml": "data: ENC[AES256_GCM,data:x]\nsops: {version: 3.8.1}\n",
            "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: x}\nsops: {mac: x}\n",
        },
        notes=("an encrypted file of SOPS",),
    ),
    Shape(
        "Helmfile and a cluster of kind",
        GOOD
        | {
            "helmfile.yaml": "releases:\n{{ range .Values.r }}\n- name: {{ . }}\n{{ end }}\n",
            "kind.yaml": "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nname: x\nnodes: [{role: worker}]\n",
        },
        notes=("helmfile.yaml:3: left out: a Helmfile",),
    ),
    Shape("steps that repeat objects", {"1-app/app.yaml": APP, "2-policy/app.yaml": APP, "2-policy/p.yaml": POLICIES}),
    Shape(
        "steps that change a Server",
        {
            "1/app.yaml": APP,
            "1/p.yaml": POLICIES,
            "2/p.yaml": SERVER.replace("HTTP/1", "opaque"),
        },
        UNKNOWN,
        ("1/p.yaml:1: Server shop/web is given twice with differences, by 1/p.yaml and by 2/p.yaml",),
    ),
    Shape(
        "steps that change a Server, one chosen",
        {"1/app.yaml": APP, "1/p.yaml": POLICIES, "2/p.yaml": SERVER.replace("HTTP/1", "opaque")},
        options=("--exclude", "2"),
    ),
    Shape(
        "steps that change a Deployment's port",
        {"1/app.yaml": joined(APP, POLICIES), "2/web.yaml": deployment("web", port=9090)},
        UNKNOWN,
        ("Deployment shop/web is given twice with differences",),
    ),
    Shape(
        "environments that differ in images",
        {"dev/app.yaml": APP, "prod/app.yaml": APP.replace("web:1", "web:2"), "p.yaml": POLICIES},
    ),
    Shape(
        "environments that differ in a Namespace",
        {"dev/app.yaml": APP, "prod/n.yaml": NAMESPACE.replace("enabled", "disabled"), "p.yaml": POLICIES},
        UNKNOWN,
        ("Namespace shop is given twice with differences",),
    ),
    Shape(
        "a release beside its sources",
        {
            "release/all.yaml": joined(APP, POLICIES),
            "src/web.yaml": deployment("web"),
            "src/web-svc.yaml": service("web"),
        },
    ),
    Shape("a plain kustomization", BASE),
    Shape(
        "a plain kustomization with a file that it does not list",
        BASE | {"base/more.yaml": joined(POLICY.replace("name: web, names", "name: all, names"))},
        notes=("base/more.yaml: left out: no kustomization of its folder lists it",),
    ),
    Shape(
        "plain kustomizations that share a base",
        BASE | {"a/kustomization.yaml": "resources: [../base]\n", "b/kustomization.yaml": "resources: [../base]\n"},
    ),
    Shape(
        "a kustomization of something on the net",
        BASE | {"base/kustomization.yaml": "resources: [app.yaml, policies.yaml, 'https://example.org/p.yaml']\n"},
        UNKNOWN,
        ("base: not rendered: its kustomization lists https://example.org/p.yaml, which is not here",),
    ),
    Shape(
        "a broken kustomization",
        BASE | {"base/kustomization.yaml": "resources: [\n"},
        UNKNOWN,
        ("base/kustomization.yaml: not rendered: the kustomization cannot be read",),
    ),
    Shape("an overlay of replicas", BASE | PROD, tool=True),
    Shape("an overlay that is named", BASE | PROD, tool=True, source="overlays/prod"),
    Shape(
        "overlays that differ in replicas",
        BASE | overlay("dev", "images: [{name: example.org/web, newTag: dev}]\n") | PROD,
        tool=True,
    ),
    Shape(
        "overlays that differ in a Server",
        BASE | overlay("dev", OTHER_PORT) | PROD,
        UNKNOWN,
        ("by overlays/dev and by overlays/prod: what they differ in is unknown",),
        tool=True,
    ),
    Shape(
        "overlays that differ in a Server, one chosen",
        BASE | overlay("dev", OTHER_PORT) | PROD,
        options=("--overlay", "overlays/prod"),
        tool=True,
    ),
    Shape(
        "a kustomization that gives the namespace",
        {
            "k/kustomization.yaml": f"{KUSTOMIZATION}namespace: shop\nresources: [app.yaml]\n",
            "k/app.yaml": joined(APP, POLICIES).replace(", namespace: shop}\nspec", "}\nspec"),
        },
        tool=True,
    ),
    Shape(
        "components",
        BASE
        | overlay("prod", "components: [../../components/extra]\n")
        | {
            "components/extra/kustomization.yaml": (
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: replicas.yaml}]\n"
            ),
            "components/extra/replicas.yaml": FOUR,
        },
        tool=True,
    ),
    Shape(
        "manifests without a namespace",
        {"all.yaml": joined(APP, POLICIES).replace(", namespace: shop}\nspec", "}\nspec")},
        options=("--namespace", "shop"),
    ),
    Shape(
        "variables with defaults",
        {"all.yaml": joined(APP, POLICIES).replace("port: http, proxy", "port: '${PORT:=http}', proxy")},
    ),
    Shape(
        "variables without a value",
        {"all.yaml": joined(APP, POLICIES).replace("port: http, proxy", "port: '${PORT}', proxy")},
        UNKNOWN,
        ("has the variable PORT, which has no value; give it with --set PORT=VALUE",),
    ),
    Shape("Flux gives variables and a namespace", APPS | {"clusters/prod/shop.yaml": FLUX}),
    Shape(
        "two clusters of Flux that differ in a variable",
        APPS | {"clusters/a/shop.yaml": FLUX, "clusters/b/shop.yaml": FLUX.replace("PORT: http", "PORT: admin")},
        UNKNOWN,
        ("has the variable PORT, which has no value",),
    ),
    Shape("a release into another namespace", GOOD | {"releases/redis.yaml": release("redis")}),
    Shape("a release into the same namespace", GOOD | {"releases/redis.yaml": release("shop")}, UNKNOWN),
    Shape(
        "a release into the same namespace, in a closed world",
        GOOD | {"releases/redis.yaml": release("shop")},
        options=("--closed-world",),
    ),
    Shape("an application of Argo CD that is here", GOOD | {"argocd/shop.yaml": application("shop", "k8s")}),
    Shape(
        "an application of Argo CD from elsewhere", GOOD | {"argo/shop.yaml": application("shop", "deploy")}, UNKNOWN
    ),
    Shape("an application for another namespace", GOOD | {"argo/shop.yaml": application("other", "deploy")}),
    Shape("an application of all of a repository", GOOD | {"argo/shop.yaml": application("shop", ".")}, UNKNOWN),
    Shape(
        "applications of several repositories",
        GOOD | {"argo/shop.yaml": application("shop", "k8s"), "argo/b.yaml": OTHER_REPOSITORY},
        UNKNOWN,
    ),
    Shape(
        "an application that changes a folder",
        GOOD | {"argo/shop.yaml": application("shop", "k8s, kustomize: {namePrefix: a-}")},
        UNKNOWN,
    ),
    Shape("Flux reads all of another source", GOOD | {"flux/shop.yaml": FLUX.replace("./apps/shop", "./")}, UNKNOWN),
    Shape("Flux moves all of another source", GOOD | {"flux/x.yaml": flux("path: ./, targetNamespace: monitoring")}),
    Shape(
        "Flux has several sources",
        GOOD
        | {
            "flux/a.yaml": flux("path: ./k8s, sourceRef: {kind: GitRepository, name: a}"),
            "flux/b.yaml": flux("path: ./x, sourceRef: {kind: OCIRepository, name: b}", "b"),
        },
        UNKNOWN,
    ),
    Shape("Flux reads the folder", GOOD | {"flux/a.yaml": flux("path: ./k8s, sourceRef: {name: a}")}),
    Shape("Flux patches a folder", GOOD | {"flux/a.yaml": flux("path: ./k8s, patches: [{patch: x}]")}, UNKNOWN),
    Shape(
        "a kustomization of nothing but charts",
        GOOD | {"redis/kustomization.yaml": "helmCharts: [{name: redis}]\n"},
        UNKNOWN,
        ("redis: not rendered",),
        tool=True,
    ),
    Shape(
        "a kustomization of nothing but generators",
        GOOD | {"redis/kustomization.yaml": "generators: [gen.yaml]\n"},
        UNKNOWN,
        ("redis: not rendered",),
        tool=True,
    ),
    Shape(
        "a template of whole objects outside of a chart",
        GOOD | {"t/all.yaml": "{{- range .Values.all }}\n---\n{{ toYaml . }}\n{{- end }}\n"},
        UNKNOWN,
        ("t/all.yaml:1: not rendered: a template that may hold policies",),
    ),
    Shape(
        "a chart of extra objects that are indented",
        GOOD | CHART | {"chart/templates/x.yaml": "{{ range .Values.x }}\n---\n  {{- tpl (toYaml .) $ }}\n{{ end }}\n"},
        UNKNOWN,
        ("chart: not rendered",),
    ),
    Shape(
        "a chart of extra objects on one line",
        GOOD | CHART | {"chart/templates/x.yaml": "{{- range .Values.x }}---{{ tpl . $ }}\n{{ end }}\n"},
        UNKNOWN,
        ("chart: not rendered",),
    ),
    Shape(
        "a chart with a policy beside its templates",
        GOOD | CHART | {"chart/policies/server.yaml": SERVER},
        UNKNOWN,
        ("chart: not rendered",),
    ),
    Shape(
        "a chart with definitions, notes and schemas",
        GOOD
        | CHART
        | {
            "chart/crds/c.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
            "metadata: {name: servers.policy.linkerd.io}\n",
            "chart/templates/NOTES.txt": "{{ .Release.Name }}\nA NetworkPolicy is not part of it.\n",
            "chart/templates/_more.tpl": '{{- define "a" -}}\n    {{ default "a" .Values.a }}\n{{- end -}}\n',
            "chart/templates/c.yaml": (
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n"
                '    {{- include "a" . | nindent 4 }}\n'
                "data:\n  {{- range $key, $value := .Values.data }}\n  {{ $key }}: {{ $value }}\n  {{- end }}\n"
            ),
        },
        notes=("chart: left out: a Helm chart without policies",),
    ),
)


def laid_out(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder and return it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder

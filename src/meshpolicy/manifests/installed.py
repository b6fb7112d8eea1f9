"""What the mesh was installed with: from the ConfigMap linkerd-config, and from files of Helm values."""

from collections.abc import Sequence
from pathlib import Path

from meshpolicy.core.document import Document
from meshpolicy.core.errors import InvalidInput, Place, Problem
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.cniplugin import CONFIG as CNI_CONFIG
from meshpolicy.kinds.cniplugin import is_plugin_config, read_plugin
from meshpolicy.kinds.helmvalues import read_values
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.paths import display_path
from meshpolicy.manifests.text import read
from meshpolicy.record import replace

CONFIG = "linkerd-config"


def with_installed(found: Sequence[Fields], settings: MeshSettings, problems: list[Problem]) -> MeshSettings:
    """Return the settings with what the ConfigMaps of Linkerd and of its CNI plugin say; explicit ones stay.

    Linkerd's injector and controllers, and the plugin, read the same texts. Of several, none is believed.
    """
    plugins = _the_one(CNI_CONFIG, [config for config in found if is_plugin_config(config)])
    configs = _the_one(CONFIG, [config for config in found if not is_plugin_config(config)])
    for config in configs:
        settings = _by_config(config, settings, problems)
    for config in plugins:
        plugin = read_plugin(config)
        settings = settings if plugin is None else replace(settings, plugin=plugin)
    return settings


def _the_one(name: str, found: Sequence[Fields]) -> Sequence[Fields]:
    """Return the ConfigMap of a name if there is one, none where there are several; note the second."""
    if len(found) < 2:
        return found
    found[1].note("", f"is a second {name}, after {found[0].place}: give one, or --values")
    return ()


def _by_config(config: Fields, settings: MeshSettings, problems: list[Problem]) -> MeshSettings:
    """Return the settings with what a ConfigMap `linkerd-config` says."""
    place = config.child("data").at("values")
    texts = read(place.file, config.child("data").text("values").encode(), problems)
    values = next((document.data for document in texts), {})
    read_settings = read_values(Fields(values, place, problems), MeshSettings())
    namespace = config.child("metadata").text("namespace") or read_settings.control_plane_namespace
    return settings.over(replace(read_settings, control_plane_namespace=namespace))


def is_config(fields: Fields) -> bool:
    """Whether an object is a ConfigMap that an installation of Linkerd, or of its CNI plugin, writes."""
    if is_plugin_config(fields):
        return True
    metadata = fields.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return fields.data.get("kind") == "ConfigMap" and name == CONFIG and fields.child("data").has("values")


def read_value_files(paths: Sequence[str], settings: MeshSettings) -> MeshSettings:
    """Return settings as files of Helm values say them, a later file before an earlier one.

    Raises InvalidInput with every problem: a file that cannot be read, or a value of the wrong type.
    """
    problems: list[Problem] = []
    for path in paths:
        for document in _documents(path, problems):
            settings = read_values(Fields(document.data, document.place, problems), settings)
    if problems:
        raise InvalidInput(tuple(problems))
    return settings


def _documents(path: str, problems: list[Problem]) -> tuple[Document, ...]:
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        problems.append(Problem(Place(display_path(path)), f"cannot be read: {error.strerror}"))
        return ()
    return tuple(read(display_path(path), text, problems))

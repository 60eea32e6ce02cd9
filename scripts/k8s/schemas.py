"""Schemas for kubeconform, made offline: schemas.py FOLDER SWAGGER.JSON CRD.YAML...

Kubernetes' own kinds come from the OpenAPI description in its Go module, others from their resource definitions.
Strict: a field that the API does not know is an error, which a cluster would only warn of, or drop in silence.
"""

import copy
import json
import sys
from pathlib import Path

import yaml

QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
# Files of one folder, so that the shared definitions are parsed once.
SHARED = "_definitions.json"


def strict(node):
    """The same schema, closed, with references into the shared file and without descriptions."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "int-or-string" or node.get("x-kubernetes-int-or-string"):
        return {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    out = {}
    for key, value in node.items():
        if key == "$ref" and isinstance(value, str):
            out[key] = f"{SHARED}#/definitions/{value.rsplit('/', 1)[-1]}"
        elif key != "description" or not isinstance(value, str):
            out[key] = strict(value)
    open_end = "additionalProperties" in node or node.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(node.get("properties"), dict) and not open_end:
        out["additionalProperties"] = False
    return out


def write(folder: Path, group: str, version: str, kind: str, schema: dict) -> None:
    prefix = f"{group.split('.')[0]}-" if group else ""
    schema = copy.deepcopy(schema)
    properties = schema.setdefault("properties", {})
    properties["kind"] = {"enum": [kind]}
    properties["apiVersion"] = {"enum": [f"{group}/{version}" if group else version]}
    schema["required"] = sorted({*schema.get("required", []), "kind", "apiVersion"})
    (folder / f"{kind.lower()}-{prefix}{version}.json").write_text(json.dumps(schema), encoding="utf-8")


def from_swagger(folder: Path, path: Path) -> int:
    definitions = json.loads(path.read_text(encoding="utf-8"))["definitions"]
    shared = {name: strict(schema) for name, schema in definitions.items()}
    shared[QUANTITY] = {"oneOf": [{"type": "string"}, {"type": "number"}]}
    # Schemas within schemas, whose fields are named as keywords are; nothing that is checked here has them.
    for name in shared:
        if name.endswith((".JSONSchemaProps", ".RawExtension")):
            shared[name] = {"type": "object"}
    (folder / SHARED).write_text(json.dumps({"definitions": shared}), encoding="utf-8")
    count = 0
    for name, schema in definitions.items():
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) == 1:  # those with more are helpers such as DeleteOptions
            write(folder, kinds[0]["group"], kinds[0]["version"], kinds[0]["kind"], shared[name])
            count += 1
    return count


def from_crd(folder: Path, path: Path) -> int:
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
    for version in spec["versions"]:
        schema = strict(version["schema"]["openAPIV3Schema"])
        schema.setdefault("properties", {})["metadata"] = {"type": "object"}
        write(folder, spec["group"], version["name"], spec["names"]["kind"], schema)
    return len(spec["versions"])


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    count = from_swagger(folder, Path(sys.argv[2])) + sum(from_crd(folder, Path(path)) for path in sys.argv[3:])
    print(f"{count} schemas in {folder}")


if __name__ == "__main__":
    main()

"""Which network each manifest in models/ is built from."""
import detectors
import efficientnet_lite
import torch_file


def _source(deps, manifest, suffix):
    """The one source file that ends in `suffix`."""
    (path,) = (path for path in manifest.source_files if path.endswith(suffix))
    return deps / path


def _ssd(deps, manifest):
    return detectors.build_ssd(_source(deps, manifest, "model.json"))


def _nanodet(deps, manifest):
    return detectors.build_nanodet(_source(deps, manifest, "nanodet.json"))


def _centernet(deps, manifest):
    return detectors.build_centernet(_source(deps, manifest, "centernet.json"))


def _efficientnet_lite0(deps, manifest):
    weights = torch_file.read_weights(_source(deps, manifest, ".pth"))
    return efficientnet_lite.build(weights, size=224, depth=1.0)


RECIPES = {
    "ssdlite-mobilenet-v2": _ssd,
    "efficientnet-lite0": _efficientnet_lite0,
    "nanodet-416": _nanodet,
    "centernet-mobilenet-v3": _centernet,
}

"""The reference implementation of the colour histogram, which the program's own is compared with."""
import json

import numpy as np
import pytest

import reference
from project import PROJECT, SCRIPTS

DEFAULT = json.loads((PROJECT / "models" / "efficientnet-lite0.json").read_text())["descriptor"]["colour"]


@pytest.mark.parametrize("rgb, lab", [  # published values: Lindbloom's calculator, D65
    ((255, 255, 255), (100, 0, 0)), ((0, 0, 0), (0, 0, 0)),
    ((255, 0, 0), (53.2408, 80.0925, 67.2032)), ((0, 255, 0), (87.7347, -86.1827, 83.1793)),
    ((0, 0, 255), (32.2970, 79.1875, -107.8602))])
def test_primary_colours_have_their_published_lab_values(rgb, lab):
    np.testing.assert_allclose(reference.lab_from_rgb(rgb), lab, atol=2e-3)


def test_every_grey_is_exactly_neutral():
    greys = np.repeat(np.arange(256)[:, None], 3, axis=1)
    assert (reference.lab_from_rgb(greys)[:, 1:] == 0).all()


@pytest.mark.parametrize("binning", ["hard", "linear"])
def test_each_cell_gives_its_whole_weight_to_bins_that_are_all_reached(binning):
    dimensions, shares = reference.bin_table(reference.Colour(levels=8, binning=binning))
    np.testing.assert_allclose(sum(weights for weights, _ in shares), 1)
    reached = sum(np.bincount(bins, weights, minlength=dimensions) for weights, bins in shares)
    assert len(reached) == dimensions and (reached > 0).all()


def test_the_default_has_243_dimensions():
    dimensions, _ = reference.bin_table(reference.Colour.from_manifest(DEFAULT))
    assert dimensions == 243


def test_what_lies_in_the_margin_does_not_count():
    picture = np.zeros((32, 32, 3), np.uint8)
    framed = picture.copy()
    framed[:4], framed[-4:], framed[:, :4], framed[:, -4:] = (255, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)
    colour = reference.Colour()
    np.testing.assert_array_equal(reference.histogram(framed, colour), reference.histogram(picture, colour))


def test_bands_tell_top_from_bottom():
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:16] = (255, 0, 0)
    turned = picture[::-1]
    one, two = reference.Colour(margin=0), reference.Colour(margin=0, bands=2)
    np.testing.assert_array_equal(reference.histogram(picture, one), reference.histogram(turned, one))
    assert reference.histogram(picture, two) @ reference.histogram(turned, two) == 0


def test_the_stored_vectors_are_those_of_the_reference():
    stored = json.loads((SCRIPTS / "testdata" / "colour_histogram.json").read_text())
    made = json.loads(json.dumps(list(reference.vectors())))
    assert [case["index"] for case in stored] == [case["index"] for case in made]
    for old, new in zip(stored, made):
        assert (old["colour"], old["picture"], old["dimensions"]) == (new["colour"], new["picture"], new["dimensions"])
        np.testing.assert_allclose(old["value"], new["value"], atol=1e-6)

"""The retrieval measure, on rankings that can be worked out by hand."""
import numpy as np
import pytest

from retrieval import average_precision, groups


def row(identity, frame="", label="car"):
    return {"file": f"tracks/{identity}_{frame}.jpg", "identity": identity, "class": label, "frame": frame}


def test_a_perfect_ranking_scores_one():
    rows = [row("a"), row("a"), row("b"), row("b")]
    assert average_precision(0, rows, np.array([1, 0.9, 0.2, 0.1])) == 1


def test_right_answers_count_by_their_rank():
    rows = [row("a"), row("b"), row("a"), row("b"), row("a")]
    # ranked b, a, b, a: precision 1/2 at the first right answer, 2/4 at the second
    assert average_precision(0, rows, np.array([1, 0.9, 0.8, 0.7, 0.6])) == pytest.approx(0.5)


def test_other_classes_are_not_ranked():
    rows = [row("a"), row("b", label="person"), row("a")]
    assert average_precision(0, rows, np.array([1, 0.9, 0.1])) == 1


def test_neighbours_in_time_are_left_out():
    rows = [row("a", "1"), row("a", "2"), row("a", "90"), row("b", "1")]
    # of frames 2 and 90 only 90 counts, and b comes before it
    assert average_precision(0, rows, np.array([1, 0.99, 0.1, 0.5])) == pytest.approx(0.5)


def test_rows_are_grouped_by_their_top_folder():
    rows = [{"file": "x/1.jpg"}, {"file": "y/1.jpg"}, {"file": "x/z/2.jpg"}]
    assert groups(rows) == {"x": [0, 2], "y": [1]}

"""Names beside points: no name covers a name, a point or the edge."""

import numpy as np
import pytest

from lrd_core.plots.labels import CHARACTER, LINE, Box, label_box, place_labels

SIZE = {"width": 400.0, "height": 300.0, "font_size": 12.0, "marker_size": 10.0}


def boxes(points, names, **extra):
    placed = place_labels(points, names, **SIZE, **extra)
    return [
        None if place is None else label_box(x, y, (len(name) * 12 * CHARACTER, 12 * LINE), place)
        for (x, y), name, place in zip(points, names, placed, strict=True)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_overlaps(seed):
    generator = np.random.default_rng(seed)
    points = [(float(x), float(y)) for x, y in generator.uniform(20, 280, (18, 2))]
    found = [box for box in boxes(points, [f"model-{i}" for i in range(18)]) if box]
    assert len(found) >= 16
    for i, box in enumerate(found):
        assert box.left >= 0 and box.right <= 400 and box.top >= 0 and box.bottom <= 300
        assert not any(box.meets(other) for other in found[i + 1 :])
        assert not any(box.meets(Box(x - 5, y - 5, x + 5, y + 5)) for x, y in points)


def test_a_name_that_fits_nowhere_is_left_out():
    crowd = [(float(x), float(y)) for x in range(0, 400, 12) for y in range(0, 300, 12)]
    assert boxes([(200.0, 150.0)], ["a long name"], obstacles=crowd) == [None]


def test_a_lone_point_has_its_name_on_the_right():
    (place,) = place_labels([(200.0, 150.0)], ["alpha"], **SIZE)
    assert place.anchor == "left" and place.x > 0 and not place.leader


def test_at_the_right_edge_the_name_goes_to_the_left():
    (place,) = place_labels([(395.0, 150.0)], ["alpha"], **SIZE)
    assert place.anchor == "right" and place.x < 0


def test_a_name_lies_over_a_line_only_where_there_is_no_other_place():
    point, line = (200.0, 150.0), [(200.0, 150.0), (399.0, 150.0)]
    (box,) = boxes([point], ["alpha"], lines=[line])
    assert not box.meets(Box(200, 150, 399, 150.01))
    grid = [[(0.0, float(y)), (400.0, float(y))] for y in range(0, 300, 4)]
    assert boxes([point], ["alpha"], lines=grid) == boxes([point], ["alpha"])

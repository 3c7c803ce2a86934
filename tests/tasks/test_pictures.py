"""Pictures as items: read, told apart, changed, and found in folders and packages."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lrd_core.errors import InputError, TaskError
from lrd_core.runs.items import PICTURE, as_table
from lrd_core.tasks import find_task, load_calibration_items, load_content, load_task
from lrd_core.tasks.content import CLASSIFIERS
from lrd_core.tasks.picture_conditions import PictureCondition
from lrd_core.tasks.picture_views import augment_picture
from lrd_core.tasks.pictures import Picture
from lrd_core.views.lifelines import LINE_COLUMNS, neighbours_at

GRADIENT = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5


def save(file: Path, shade: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((5, 7, 3), shade, dtype=np.uint8)).save(file)
    return file


def test_a_picture_is_its_content(tmp_path: Path) -> None:
    first, second = save(tmp_path / "a.png", 10), save(tmp_path / "b.png", 10)
    assert Picture.of_file(first) == Picture.of_file(second)
    assert len({Picture.of_file(first), Picture.of_file(save(tmp_path / "c.png", 11))}) == 2
    assert Picture.of_file(first).array().tolist() == np.full((5, 7, 3), 10).tolist()
    grey = Picture.of_pixels(GRADIENT)
    assert grey.array().shape == (6, 8, 3) and (grey.array()[..., 0] == GRADIENT).all()
    assert grey != Picture.of_pixels(GRADIENT.reshape(8, 6))
    assert grey.thumbnail().startswith("data:image/png;base64,") and len(grey.thumbnail()) < 400


def test_a_picture_in_words_and_small(tmp_path: Path) -> None:
    assert Picture.of_file(save(tmp_path / "a.png", 1)).words() == "a.png, 7 x 5 pixels"
    assert Picture.of_pixels(GRADIENT).words().endswith(", 8 x 6 pixels")
    table = as_table(load_task("digits", n=3))
    assert table["text"].str.fullmatch("picture [0-9a-f]{8}, 8 x 8 pixels").all()
    assert table[PICTURE].str.startswith("data:image/png;base64,").all()
    lines = pd.DataFrame([(0, 1, 1.0, 0.9, "kept"), (0, 2, 2.0, 0.8, "kept")], columns=LINE_COLUMNS)
    near = neighbours_at(lines, table, 0)
    assert near[PICTURE].tolist() == table[PICTURE].tolist()[1:]
    assert PICTURE not in neighbours_at(lines, table.drop(columns=PICTURE), 0)


def test_what_is_clear_is_white_and_what_is_turned_is_upright(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    assert (Picture.of_file(tmp_path / "clear.png").array() == 255).all()
    turned = Image.fromarray(GRADIENT)
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.png", exif=exif)
    assert Picture.of_file(tmp_path / "turned.png").array().shape == (8, 6, 3)


def test_what_is_no_picture_says_so(tmp_path: Path) -> None:
    (tmp_path / "torn.png").write_bytes(b"no picture")
    with pytest.raises(TaskError, match=r"torn\.png is no picture that can be read"):
        Picture.of_file(tmp_path / "torn.png")
    with pytest.raises(TaskError, match=r"pixels of shape \(2, 2, 4\)"):
        Picture.of_pixels(np.zeros((2, 2, 4)))
    file = save(tmp_path / "a.png", 1)
    picture = Picture.of_file(file)
    save(file, 2)
    with pytest.raises(TaskError, match=r"a\.png has changed meanwhile"):
        picture.array()


def test_views_are_seeded_and_show_the_same_thing() -> None:
    picture = Picture.of_pixels(GRADIENT)
    views = [augment_picture(picture, 0, view) for view in range(8)]
    assert views == [augment_picture(picture, 0, view) for view in range(8)]
    assert len(set(views)) == 8 and augment_picture(picture, 1, 0) != views[0]
    shapes = [view.array().shape for view in views]
    assert all(4 <= rows <= 6 and 5 <= columns <= 8 for rows, columns, _ in shapes)
    falling = [view.array()[0, 0, 0] > view.array()[0, -1, 0] for view in views]
    assert any(falling) and not all(falling)  # some are mirrored


def test_conditions_are_seeded_and_grow() -> None:
    pixels = np.random.default_rng(0).normal(size=(3, 16, 16)).astype(np.float32)

    def changed(condition: str, place: int = 3) -> np.ndarray:
        parsed = PictureCondition.parse(condition)
        assert parsed is not None and str(parsed) == condition
        found = parsed.apply(pixels, (4, 4), 7, place)
        assert found.dtype == pixels.dtype
        return found

    for condition in ("mask:0.5", "noise:0.5", "blur:2"):
        np.testing.assert_array_equal(changed(condition), changed(condition))
    assert not np.array_equal(changed("noise:0.5"), changed("noise:0.5", place=4))
    half, most = (changed(f"mask:{share}") == 0 for share in (0.5, 0.75))
    assert half.mean() == 0.5 and most.mean() == 0.75 and (most | ~half).all()
    assert (changed("mask:0.99") == 0).mean() == 15 / 16
    assert changed("blur:2").std() < 0.5 * pixels.std()
    for condition in ("mask:0", "noise:0", "blur:0"):
        np.testing.assert_array_equal(changed(condition), pixels)
    with pytest.raises(InputError, match="known: mask:P, noise:S, blur:R"):
        PictureCondition.parse("random:0.5")


def test_folders_are_labels(tmp_path: Path) -> None:
    for shade in range(6):
        save(tmp_path / "signs" / ("light" if shade > 2 else "dark") / f"{shade}.png", 40 * shade)
    task = find_task(str(tmp_path / "signs"))
    assert (task.name, task.type, task.modality) == ("signs", "texts", "image")
    sample = load_task(task)
    assert sample.labels == ("dark",) * 3 + ("light",) * 3
    assert [item.array()[0, 0, 0] for item in sample.items] == [40 * shade for shade in range(6)]
    save(tmp_path / "signs" / "light" / "7.png", 255)
    assert find_task(str(tmp_path / "signs")).revision != task.revision
    save(tmp_path / "signs" / "loose.png", 7)
    with pytest.raises(TaskError, match="others beside them"):
        find_task(str(tmp_path / "signs"))


def test_train_and_test_are_a_classification(tmp_path: Path) -> None:
    for shade in range(8):
        part = "train" if shade % 2 else "test"
        label = "light" if shade > 3 else "dark"
        save(tmp_path / "signs" / part / label / f"{shade}.png", 30 * shade)
    task = find_task(str(tmp_path / "signs"))
    assert task.type == "classification" and task.evaluable
    assert len(load_calibration_items(task, None, 0)) == 4
    save(tmp_path / "signs" / "train" / "dark" / "twin.png", 0)
    with pytest.raises(TaskError, match=r"picture test/dark/0\.png: this image is also in train"):
        find_task(str(tmp_path / "signs"))


def test_a_table_names_pictures(tmp_path: Path) -> None:
    for shade in (10, 20):
        save(tmp_path / "signs" / "files" / f"{shade}.png", shade)
    table = tmp_path / "signs" / "test.csv"
    table.write_text("image,label,taken\nfiles/10.png,a,May\nfiles/20.png,b,June\n")
    sample = load_task(str(tmp_path / "signs"))
    assert (sample.spec.modality, sample.labels) == ("image", ("a", "b"))
    assert sample.columns["taken"] == ("May", "June")
    for cell, wrong in (("files/30.png", "no picture of that name"), ("../x.png", "no picture")):
        table.write_text(f"image,label\n{cell},a\n")
        with pytest.raises(TaskError, match=rf"test\.csv, line 2: image is .*{wrong}"):
            find_task(str(tmp_path / "signs"))
    table.write_text("image,label\ntest.csv,a\n")
    with pytest.raises(TaskError, match=r"ends in none of \.png"):
        find_task(str(tmp_path / "signs"))


@pytest.mark.parametrize(("name", "side", "kept"), [("digits", 8, 997), ("mnist", 28, 4200)])
def test_offline_pictures(name: str, side: int, kept: int) -> None:
    content = load_content(name)
    test, train = content.tables["test"], content.tables["train"]
    assert (len(test["image"]), len(train["image"])) == (500, 300)
    assert not set(test["image"]) & set(train["image"])
    assert len(content.calibration_items()) == kept
    assert {test["label"].count(str(digit)) for digit in range(10)} == {50}
    arrays = np.stack([picture.array() for picture in test["image"]])
    assert arrays.shape == (500, side, side, 3) and arrays.min() == 0 and arrays.max() == 255
    clusters = load_content(f"{name}-clustering")
    assert clusters.tables["test"] == test
    nearest = load_content(f"{name}-knn")
    assert nearest.tables == content.tables
    assert (nearest.spec.classifier, content.spec.classifier) == CLASSIFIERS[::-1]

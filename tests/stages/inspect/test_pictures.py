import numpy as np

from stages.inspect.pictures import draw_sheet, draw_tile


def test_composite_and_protein_side_by_side() -> None:
    tile = np.zeros((4, 256, 256), np.uint8)
    tile[0], tile[1], tile[3] = 80, 200, 250
    picture = draw_tile(tile, np.array([[0, 200]] * 4, float), 64)
    assert picture.shape == (64, 128, 3)
    assert np.unique(picture[:, :64].reshape(-1, 3), axis=0).tolist() == [[102, 255, 0]]
    assert np.unique(picture[:, 64:]).tolist() == [255]


def test_a_sheet_shows_pictures_row_by_row() -> None:
    pictures = [np.full((32, 32, 3), value, np.uint8) for value in (50, 100, 150)]
    sheet = draw_sheet(pictures, 40)
    assert [sheet[y, x, 0] for y, x in ((5, 5), (5, 35), (35, 5), (35, 35))] == [50, 100, 150, 0]
    assert draw_sheet(pictures[:1], 20).shape == (20, 20, 3)

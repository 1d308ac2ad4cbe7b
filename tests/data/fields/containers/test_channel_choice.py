import pytest

from data.errors import InputError
from data.fields.containers.channel_choice import (
    choose_channels,
    list_names,
    parse_container_channels,
    recognise_stain,
)

NAMES = ("DAPI", "Alexa 488", "Alexa 555", "Alexa 647, far red")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("auto", {}),
        ("red=3,green=2,blue=DAPI,yellow=ER", {"red": "3", "green": "2", "blue": "DAPI", "yellow": "ER"}),
        (" RED = 3 , blue= dna 1 ", {"red": "3", "blue": "dna 1"}),
        ("red=*_ch00.tif,blue=2", {"blue": "2"}),
        ("red=*_ch00.tif,blue=*_ch01.tif", None),
        ("kaggle", None),
        ("red=Alexa 647, far red,blue=0", {"red": "Alexa 647, far red", "blue": "0"}),
    ],
)
def test_the_setting(text: str, wanted: dict[str, str] | None) -> None:
    assert parse_container_channels(text) == wanted


@pytest.mark.parametrize("text", ["red=1,red=2", "purple=1", "red=", "red=1,=2"])
def test_a_setting_that_is_wrong_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"images\.channels: '.*expected each of red, green, blue, yellow"):
        parse_container_channels(text)


def test_by_number_and_by_name() -> None:
    wanted = {"blue": "dapi", "green": "Alexa 488", "red": "2", "yellow": "alexa 647, FAR red"}
    assert choose_channels(NAMES, wanted, "a.czi") == {"blue": 0, "green": 1, "red": 2, "yellow": 3}
    assert choose_channels(("", ""), {"green": "1", "blue": "0"}, "a.czi") == {"green": 1, "blue": 0}


def test_a_number_that_is_no_channel_s_may_be_a_name() -> None:
    assert choose_channels(("405", "488"), {"blue": "405", "green": "488"}, "") == {"blue": 0, "green": 1}
    assert choose_channels(("0", "1"), {"blue": "0", "green": "1"}, "") == {"blue": 0, "green": 1}


@pytest.mark.parametrize(
    ("names", "wanted", "said"),
    [
        (("1", "2", "3"), {"red": "1"}, "channel number 1 and another one of the name 1"),
        (NAMES, {"red": "4"}, r"no channel 4; expected one of the channels 0 \(DAPI\), 1 \(Alexa 488\)"),
        (NAMES, {"red": "Cy5"}, "no channel Cy5"),
        (("GFP", "gfp"), {"green": "GFP"}, "2 channels GFP"),
        (NAMES, {"red": "0", "blue": "DAPI"}, r"channel 0 \(DAPI\) is both red and blue"),
        (NAMES, {"red": "-1"}, "no channel -1"),
    ],
)
def test_what_is_not_clear_is_refused(names: tuple[str, ...], wanted: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        choose_channels(names, wanted, "a.czi")


@pytest.mark.parametrize(
    ("name", "stain"),
    [
        ("DAPI", "blue"),
        ("Hoechst 33342", "blue"),
        ("blue", "blue"),
        ("Nuclei", "blue"),
        ("Microtubules", "red"),
        ("anti-tubulin", "red"),
        ("alpha-tubulin", "red"),
        ("ER", "yellow"),
        ("Calreticulin", "yellow"),
        ("EGFP", "green"),
        ("Protein", "green"),
        ("antibody", "green"),
        ("Alexa Fluor 488", None),
        ("mCherry", None),
        ("DAPI-GFP", None),
        ("nuclear ER", None),
        ("filter", None),
        ("shown in red", None),
        ("far red", None),
        ("not tubulin", None),
        ("", None),
    ],
)
def test_stains_in_names(name: str, stain: str | None) -> None:
    assert recognise_stain(name) == stain


def test_auto_takes_names_that_are_clear() -> None:
    assert choose_channels(("ER", "DAPI", "GFP", "tubulin", "brightfield"), {}, "") == {
        "red": 3,
        "green": 2,
        "blue": 1,
        "yellow": 0,
    }
    assert choose_channels(("DAPI", "GFP"), {}, "") == {"blue": 0, "green": 1}


@pytest.mark.parametrize(
    "names",
    [
        ("", "", "", ""),
        ("DAPI", "GFP", "Alexa 555", "Alexa 647"),
        ("DAPI", "Hoechst", "GFP", "tubulin", "ER"),
        ("DAPI", "GFP", "brightfield"),
        ("Channel:0", "Channel:1"),
    ],
)
def test_auto_guesses_nothing(names: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as error:
        choose_channels(names, {}, "a.czi")
    message = str(error.value)
    assert all(text in message for text in list_names(names))
    assert "--channels red=" in message


def test_the_option_to_type_has_what_is_known() -> None:
    with pytest.raises(InputError, match="--channels red=2,green=1,blue=0,yellow=[?] "):
        choose_channels(("DAPI", "GFP", "tubulin", "Alexa 647"), {}, "a.czi")

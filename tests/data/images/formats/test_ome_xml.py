"""Documents that try to fill the memory or to read other files."""

import pyexpat
import resource

import pytest

from data.images.formats.ome_xml import parse_ome_xml


def test_entities_that_expand_without_bound_are_refused() -> None:
    assert pyexpat.version_info >= (2, 4, 1), "Python's expat has no bound"
    more = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{more}]><OME>&l11;</OME>'
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match="not well formed"):
        parse_ome_xml(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_other_files_are_not_read() -> None:
    text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><OME>&e;</OME>'
    with pytest.raises(ValueError, match="not well formed"):
        parse_ome_xml(text)

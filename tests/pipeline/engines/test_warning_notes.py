import logging

from pipeline.engines.warning_notes import noted_warnings

log = logging.getLogger("hpacells")


def test_each_warning_once_while_the_stage_runs() -> None:
    log.warning("before")
    with noted_warnings() as warnings:
        for text in ("one", "two", "one"):
            log.warning("%s", text)
        log.info("no warning")
        log.error("a failure")
    log.warning("after")
    assert warnings == ["one", "two", "a failure"]


def test_no_more_than_can_be_read() -> None:
    with noted_warnings() as warnings:
        for number in range(200):
            log.warning("%d", number)
    assert warnings == [str(number) for number in range(100)]

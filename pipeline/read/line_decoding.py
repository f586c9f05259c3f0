"""The lines of one file → texts: each by itself, since joined exports mix encodings.

A line is UTF-8, else what the file is in, else what its own bytes say. The statistical part of
that takes .3 ms of CPU, however short the line, and rows of a bad stretch are read many times:
lines of two bytes, which a damaged gzip holds by the hundred thousand, took more than a minute. So
it has its say for a number of lines; those behind them are in an encoding found till then.
"""

from __future__ import annotations

from collections import Counter

from pipeline.read.encoding import Decoded, by_label, decode, detected

MOST_DETECTED = 1_000
"""Lines of a file whose encoding is looked for among all that news is written in."""


class LineDecoder:
    """Decodes the lines of a file that is in *encoding*, but for some."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._asked = 0
        self._found = Counter[str]()

    def __call__(self, payload: bytes) -> str:
        """Decode a line; U+0000 becomes U+FFFD.

        Raises:
            UndecodableError: the bytes are binary, or no encoding fits them.
        """
        try:
            text = payload.decode("utf-8")
        except UnicodeDecodeError:
            text = self._otherwise(payload)
        return text.replace("\0", "\ufffd") if "\0" in text else text

    def _otherwise(self, payload: bytes) -> str:
        try:
            return payload.decode(self._encoding)
        except UnicodeDecodeError:
            return decode(payload, html=False, detect=self._detect).text

    def _detect(self, payload: bytes) -> Decoded | None:
        if self._asked < MOST_DETECTED:
            self._asked += 1
            if answer := detected(payload):
                self._found[answer.encoding] += 1
            return answer
        labelled = (by_label(payload, encoding) for encoding, _ in self._found.most_common())
        return next(filter(None, labelled), None)

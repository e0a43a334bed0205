"""Letters that readers take for Latin ones: Greek, Cyrillic and Armenian, after Unicode's list of confusables."""

from __future__ import annotations

_CYRILLIC = dict(zip("аеорсухіјѕһԁԛԝӏАВЕКМНОРСТХУІЈЅ", "aeopcyxijshdqwlABEKMHOPCTXYIJS", strict=True))
_GREEK = dict(zip("αεινορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeivoptuxABEZHIKMNOPTYX", strict=True))
_ARMENIAN = dict(zip("օսոհցզ", "ounhgq", strict=True))
LATIN = str.maketrans({**_CYRILLIC, **_GREEK, **_ARMENIAN})

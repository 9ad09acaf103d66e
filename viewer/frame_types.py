"""The forms in which a frame can be sent (PS3.18 8.7.3.3), and the byte order of native ones."""

from collections.abc import Mapping

from dicom_node.archive.tables import Instance
from viewer.attributes import Attributes, integer
from viewer.encoding import ENCODERS
from viewer.media_types import DICOM, EXPLICIT_LITTLE_ENDIAN, OCTETS, Form, stored_form
from viewer.pixels import DECODABLE, NATIVE

BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
PIXEL_ELEMENTS = ("7FE00010", "7FE00008", "7FE00009")
BYTE_BITS, WORD_BITS = 8, 16
FAMILIES: Mapping[str, str] = {
    "image/jpeg": "50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 70",
    "image/jls": "80 81",
    "image/jp2": "90 91",
    "image/jpx": "92 93",
    "image/jphc": "201 202 203",
    "image/jxl": "110 111 112",
    "video/mpeg": "100 101 100.1 101.1",
    "video/mp4": "102 103 104 105 106 102.1 103.1 104.1 105.1 106.1 107 108",
}
COMPRESSED: Mapping[str, str] = {
    f"1.2.840.10008.1.2.4.{number}": media_type
    for media_type, numbers in FAMILIES.items()
    for number in numbers.split()
} | {"1.2.840.10008.1.2.5": "image/dicom-rle"}


def frame_media_type(transfer_syntax_uid: str) -> str:
    """`application/octet-stream` for native pixels and private syntaxes, else the stream's own type."""
    return COMPRESSED.get(transfer_syntax_uid, OCTETS)


def frame_forms(transfer_syntax_uid: str) -> list[Form]:
    """How frames of that stored transfer syntax can be sent, the natural form first.

    Native frames leave in little endian, whatever order and deflation they are stored in. Compressed
    ones leave as they are, under their own type or as octets of any syntax (as many viewers ask), or
    decoded when octets are asked for in the default syntax, Explicit VR Little Endian (8.7.3.5.2). What
    can be decoded can also be had encoded anew, without loss, by naming the type or the syntax.
    """
    if transfer_syntax_uid in NATIVE:
        syntaxes = frozenset({"", "*", EXPLICIT_LITTLE_ENDIAN, transfer_syntax_uid})
        native = Form(media_type=OCTETS, transfer_syntax_uid=EXPLICIT_LITTLE_ENDIAN, syntaxes=syntaxes)
        return [native, *_encoded_forms(transfer_syntax_uid)]
    named = frozenset({"*", transfer_syntax_uid})
    own_type, decodable = frame_media_type(transfer_syntax_uid), transfer_syntax_uid in DECODABLE
    unsaid = own_type == OCTETS and not decodable
    forms = [] if own_type == OCTETS else [stored_form(own_type, transfer_syntax_uid)]
    forms.append(
        Form(
            media_type=OCTETS,
            transfer_syntax_uid=transfer_syntax_uid,
            syntaxes=named | {""} if unsaid else named,
        )
    )
    if decodable:
        forms.append(
            Form(
                media_type=OCTETS,
                transfer_syntax_uid=EXPLICIT_LITTLE_ENDIAN,
                syntaxes=frozenset({"", EXPLICIT_LITTLE_ENDIAN}),
                decoded=True,
            )
        )
        forms += _encoded_forms(transfer_syntax_uid)
    return forms


def _encoded_forms(stored: str) -> list[Form]:
    """Frames encoded on the way, under the type of their streams or as octets of that very syntax."""
    made = [
        (media_type, syntax, frozenset(said))
        for syntax in ENCODERS
        if syntax != stored
        for media_type, said in ((COMPRESSED[syntax], {"", "*", syntax}), (OCTETS, {syntax}))
    ]
    return [
        Form(media_type=media_type, transfer_syntax_uid=syntax, syntaxes=said, decoded=True)
        for media_type, syntax, said in made
    ]


def object_forms(instance: Instance) -> list[Form]:
    """How a whole object can be sent: as it is stored, or in a syntax that is named and can be made here.

    What says no syntax gets the stored one: nothing is lost or made up on the way.
    """
    stored = instance.transfer_syntax_uid
    readable = stored in NATIVE or (instance.rows is not None and stored in DECODABLE)
    targets = [EXPLICIT_LITTLE_ENDIAN, *(ENCODERS if instance.rows is not None else ())] if readable else []
    made = [
        Form(media_type=DICOM, transfer_syntax_uid=syntax, syntaxes=frozenset({syntax}), decoded=True)
        for syntax in targets
        if syntax != stored
    ]
    return [stored_form(DICOM, stored), *made]


def word_bytes(instance: Instance, data: Attributes) -> int:
    """Bytes that turn round together in the pixels of a big endian object; 1 in any other.

    Words of OW have 16 bits even where samples have 8 (PS3.5 8.2, A.3); longer samples turn whole.
    """
    if instance.transfer_syntax_uid != BIG_ENDIAN:
        return 1
    vr = next((str(data[tag].get("vr")) for tag in PIXEL_ELEMENTS if tag in data), "OB")
    if vr == "OB":
        return 1
    return max(integer(data, "00280100") or WORD_BITS, WORD_BITS) // BYTE_BITS


def in_little_endian(raw: bytes, size: int) -> bytes:
    """`raw` with the bytes of each word of `size` turned round."""
    if size == 1:
        return raw
    turned = bytearray(len(raw))
    for index in range(size):
        turned[index::size] = raw[size - 1 - index :: size]
    return bytes(turned)

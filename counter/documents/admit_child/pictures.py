"""Decodes one picture into upright pixels: turned as its EXIF says, of nothing else than colour."""

import warnings
from io import BytesIO

import pi_heif
from PIL import Image, ImageOps, WebPImagePlugin

from counter.documents.admit import AdmitLimits, FileKind
from counter.documents.refusals import FileNotTaken, ImageDamaged, ImageTooLarge

PILLOW = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
BEYOND_THE_USUAL = (WebPImagePlugin,)
"Formats that Pillow loads only when it meets one."
WHITE = (255, 255, 255)


def load() -> None:
    """Make Pillow know the formats that are taken, and search for no others later."""
    Image.preinit()
    Image._initialized = 2  # nothing more is searched for when a file is of another format


def picture_of(content: bytes, kind: FileKind, limits: AdmitLimits) -> Image.Image:
    """Raises `ImageDamaged`, `ImageTooLarge`, `FileNotTaken`."""
    Image.MAX_IMAGE_PIXELS = limits.pictures.pixels_max
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = _heic(content) if kind == "heic" else _opened(content, kind)
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((limits.picture_side_px, limits.picture_side_px))
            return _on_white(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge("more pixels than its header said at first") from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, TypeError, KeyError) as error:
        raise ImageDamaged(type(error).__name__) from error


def _opened(content: bytes, kind: FileKind) -> Image.Image:
    picture = Image.open(BytesIO(content), formats=[PILLOW[kind]])
    if getattr(picture, "n_frames", 1) > 1:
        raise FileNotTaken("a picture of several frames")
    picture.load()
    return picture


def _heic(content: bytes) -> Image.Image:
    # Thumbnails and depth maps are not decoded; libheif turns the picture itself.
    found = pi_heif.open_heif(BytesIO(content), convert_hdr_to_8bit=True)
    picture: Image.Image = found.to_pillow()
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    """What is transparent was never on the paper."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGB", layer.size, WHITE)
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    if picture.mode in ("I;16", "I;16B", "I", "F"):  # 16 bits of grey; `convert` would cut them off
        return picture.point(lambda level: level / 256).convert("L").convert("RGB")
    return picture.convert("RGB")

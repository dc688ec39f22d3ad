"""`python example.py STUDENT.onnx IMAGE OUT`: a student with onnxruntime, numpy and Pillow alone.

`automask export-student` writes this file beside the model. No automask, no torch.
"""

import sys

import numpy as np
import onnxruntime
from PIL import Image

STRIDE = 32  # sides of the input are multiples of it


def predict(session: onnxruntime.InferenceSession, image: Image.Image) -> np.ndarray:
    """How likely each pixel of a photograph is the object: H x W, 0..1."""
    size = int(session.get_modelmeta().custom_metadata_map["size"])  # px of the longer side
    scale = min(1.0, size / max(image.size)) if size else 1.0
    width, height = (max(1, round(side * scale)) for side in image.size)
    pixels = np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BOX))
    tall, wide = (-(-side // STRIDE) * STRIDE for side in (height, width))
    padded = np.zeros((1, 3, tall, wide), np.float32)
    padded[0, :, :height, :width] = pixels.transpose(2, 0, 1)  # 0..255, the model scales them
    (likely,) = session.run(None, {"image": padded})
    small = Image.fromarray(likely[0, :height, :width])
    return np.asarray(small.resize(image.size, Image.Resampling.BILINEAR))


def main() -> None:
    """Writes the mask of one photograph, 0 and 255."""
    model, photograph, out = sys.argv[1:]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    with Image.open(photograph) as image:
        likely = predict(session, image)
    Image.fromarray(np.where(likely >= 0.5, 255, 0).astype(np.uint8)).save(out)


if __name__ == "__main__":
    main()

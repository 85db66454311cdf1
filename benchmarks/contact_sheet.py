"""Sheets as pages of paper -> one picture of them all, to look at, and each page and text by itself in a folder.

python benchmarks/contact_sheet.py FOLDER [--across 6] [NAME or sheet.json ...]    a choice if none is named
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from pathlib import Path

from page import sheets
from PIL import Image

from boardwork.errors import BoardworkError
from boardwork.options import Options
from boardwork.render import render, theme_names

WIDE, HIGH, ROOM = 420, 594, 12  # pixels of a page in the picture, and between two
CHOICE = (
    "torchvision:vgg16", "torchvision:resnet50", "torchvision:densenet121", "torchvision:googlenet",
    "torchvision:squeezenet1_1", "torchvision:deeplabv3_resnet50", "torchvision:efficientnet_b0",
    "torchvision:convnext_tiny", "torchvision:swin_t", "torchvision:raft_small", "torchvision:shufflenet_v2_x1_0",
    "timm:efficientnetv2_s", "timm:mixer_b16_224", "timm:hrnet_w18", "timm:maxvit_tiny_tf_224",
    "timm:mobilenetv3_large_100", "hf:bert", "hf:gpt2", "hf:t5", "hf:bart", "hf:clip", "hf:blip", "hf:whisper",
    "hf:wav2vec2", "hf:mixtral", "hf:deepseek_v3", "hf:mamba", "hf:rwkv", "hf:jamba", "hf:detr", "hf:segformer",
    "hf:sam", "hf:llava", "example:unet", "example:vae", "example:lstm-classifier",
)  # fmt: skip


def contact_sheet(pages: list[bytes], across: int) -> Image.Image:
    """PNGs of pages side by side, each in a field of one size."""
    rows = -(-len(pages) // across)
    whole = Image.new("RGB", (across * (WIDE + ROOM) + ROOM, rows * (HIGH + ROOM) + ROOM), "#8a8f98")
    for place, page in enumerate(pages):
        row, column = divmod(place, across)
        small = Image.open(io.BytesIO(page)).convert("RGB")
        small.thumbnail((WIDE, HIGH), Image.Resampling.LANCZOS)
        x = ROOM + column * (WIDE + ROOM) + (WIDE - small.width) // 2
        whole.paste(small, (x, ROOM + row * (HIGH + ROOM) + (HIGH - small.height) // 2))
    return whole


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--across", type=int, default=6)
    parser.add_argument("--theme", choices=theme_names(), default="paper")
    chosen = parser.parse_intermixed_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    pages = []
    for name, sheet in sheets(chosen.names or list(CHOICE)):
        plain = chosen.folder / re.sub(r"\W+", "-", name.removesuffix(".json")).strip("-")
        try:
            pages.append(render(sheet, "png", Options(theme=chosen.theme)))
        except BoardworkError as error:
            print(f"{name}: {error.message}", file=sys.stderr)
            continue
        plain.with_suffix(".png").write_bytes(pages[-1])
        plain.with_suffix(".txt").write_bytes(render(sheet, "text"))
        print(plain, flush=True)
    contact_sheet(pages, chosen.across).save(chosen.folder / "contact-sheet.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())

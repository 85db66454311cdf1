"""Small models as sheets, each traced once."""

from __future__ import annotations

from functools import cache

from boardwork.options import Options
from boardwork.pipeline import draw_subject
from boardwork.sheet import Sheet
from boardwork.targets import load

LAYER = "torch.nn:TransformerEncoderLayer(d_model=64, nhead=4, batch_first=True)"
PRE = LAYER.replace(")", ", norm_first=True)")
WIDE = LAYER.replace("64", "128")
VIT, RESNET = "timm:test_vit", "torchvision:resnet18"


@cache
def sheet_of(target: str, zoom: str = "") -> Sheet:
    return draw_subject(load(target, ()), Options(zoom=zoom))

"""Parameters, multiply-adds, peaks of library models: as the module, torch's counter and the touched storages say.

`-m "zoo or not zoo" -s` runs every model and prints the table.
"""

from __future__ import annotations

import copy
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from boardwork.measure.memory import activation_peak
from boardwork.meta.duplicate import module_on_meta, value_on_meta
from boardwork.outline.flow import Flow
from boardwork.targets import load
from boardwork.targets.subject import Subject
from boardwork.targets.wrappers import unwrapped
from boardwork.trace import trace
from boardwork.trace.prepare import on_cpu, values_on_cpu

HERE = Path(__file__).parent
SMALL = "num_hidden_layers=2,hidden_size=64,intermediate_size=96,vocab_size=100,num_attention_heads=4"
TORCHVISION = (
    "vgg11", "googlenet", "inception_v3", "densenet121", "mobilenet_v2", "shufflenet_v2_x0_5",
    "mnasnet0_5", "efficientnet_b0", "regnet_y_400mf", "convnext_tiny", "vit_b_16", "swin_t", "swin_v2_t",
    "maxvit_t", "r3d_18", "mvit_v1_b", "s3d", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large",
)  # fmt: skip
TIMM = (
    "crossvit_9_240", "resnetv2_50", "mixer_b16_224", "pvt_v2_b0", "efficientformer_l1",
    "coat_tiny", "halonet26t", "lambda_resnet26t", "botnet26t_256", "volo_d1_224", "xcit_nano_12_p16_224",
)  # fmt: skip
FAST = (
    "example:mlp",
    "example:vae",
    "example:lstm-classifier",
    "example:nanogpt",
    "torchvision:alexnet",
    "torchvision:resnet18",
    "torchvision:squeezenet1_0",
    "timm:test_vit",
    "timm:convnext_atto",
    f"hf:bert({SMALL})",
    f"hf:llama({SMALL},num_key_value_heads=2)",
    f"hf:mixtral({SMALL},num_key_value_heads=2,head_dim=16)",
)
SLOW = (
    "example:unet",
    *(f"torchvision:{name}" for name in TORCHVISION),
    *(f"timm:{name}" for name in TIMM),
    "hf:clip",
    "hf:distilbert(n_layers=2)",
    f"hf:albert({SMALL},embedding_size=32)",
    "hf:gpt2(n_layer=2)",
    "hf:t5(num_layers=2)",
    "hf:whisper(encoder_layers=1,decoder_layers=1)",
    f"hf:mistral({SMALL},num_key_value_heads=2,head_dim=16)",
    f"hf:gemma3_text({SMALL},num_key_value_heads=1,head_dim=16)",
    f"hf:qwen2_moe({SMALL},num_key_value_heads=2,num_experts=8,moe_intermediate_size=32)",
)


def sibling(name: str) -> ModuleType:
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"zoo_{name}", HERE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def loaded(name: str, folder: Path) -> Subject:
    kind, bracket, changes = name.partition("(")
    return load(sibling("models").target_of(kind, folder) + bracket + changes)


class Bare:
    """The model without the tracer: on meta, or on CPU where its forward asks for numbers."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.model: nn.Module = module_on_meta(unwrapped(subject.module)).eval()
        self.args, self.kwargs = value_on_meta(subject.args), value_on_meta(subject.kwargs)

    def multiply_adds(self) -> int:
        try:
            with torch.device("meta"):
                return self._counted()
        except (RuntimeError, NotImplementedError):
            self._move_to_cpu()
            return self._counted()

    def _counted(self) -> int:
        """Fused attention is taken apart, on meta by itself: the counter does not see the kernel for CPU."""
        counter = FlopCounterMode(display=False)
        with counter, sdpa_kernel(SDPBackend.MATH):
            self.model(*copy.deepcopy(self.args), **copy.deepcopy(self.kwargs))
        return counter.get_total_flops() // 2

    def _move_to_cpu(self) -> None:
        model = on_cpu(unwrapped(self.subject.module))
        assert model is not None
        if hasattr(model, "set_experts_implementation"):
            model.set_experts_implementation("eager")  # a loop over experts: the counter does not see grouped products
        self.model = model
        self.args, self.kwargs = values_on_cpu(self.subject.args), values_on_cpu(self.subject.kwargs)

    def peaks(self) -> tuple[int, int]:
        """(needed, alive), see live_memory.py."""
        memory = sibling("live_memory")
        call: tuple[Any, ...] = (self.model, self.args, self.kwargs)
        with torch.device("meta"):
            return memory.needed(*call), memory.alive(*call)


@pytest.mark.parametrize("name", [*FAST, *(pytest.param(name, marks=pytest.mark.zoo) for name in SLOW)])
def test_counts(name: str, tmp_path: Path) -> None:
    subject = loaded(name, tmp_path)
    record, bare = trace(subject), Bare(subject)
    params = sum(w.size for w in record.weights if w.parameter)
    macs, peak = sum(op.macs for op in record.ops), activation_peak(Flow(record))
    assert params == sum(p.numel() for p in bare.model.parameters())
    assert macs == bare.multiply_adds()
    needed, alive = bare.peaks() if next(bare.model.parameters()).is_meta else (None, None)
    print(
        f"{name:60} {params:14,} parameters {macs:18,} multiply-adds {peak:14,} B, {alive or 0:14,} B with references"
    )
    if needed is not None:
        assert peak == needed
        assert peak <= alive


def test_there_are_enough_of_them() -> None:
    assert len({*FAST, *SLOW}) >= 40

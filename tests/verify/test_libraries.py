"""Blocks of the libraries, small: their statements hold and name what the field names."""

import pytest
import torch

from boardwork import check
from boardwork.targets.build import library

timm, torchvision, transformers = map(library, ("timm", "torchvision", "transformers"))
convnext, mobilenet, resnet = (getattr(torchvision.models, name) for name in ("convnext", "mobilenetv3", "resnet"))

SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "vocab_size": 50}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}
TOKENS = torch.arange(12).view(2, 6)
LATENT = {
    "q_lora_rank": 16, "kv_lora_rank": 12, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 8,
    "moe_intermediate_size": 16, "n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2,
    "num_attention_heads": 4, "num_key_value_heads": 4, "n_group": 1, "topk_group": 1, "first_k_dense_replace": 0,
}  # fmt: skip
MIXTURE = {"num_local_experts": 4, "num_experts_per_tok": 2}


def language_model(kind, **entries):
    """A model of transformers with its default parts and small sizes."""
    config = transformers.CONFIG_MAPPING[kind](**entries)
    return transformers.AutoModel.from_config(config).eval()


# name: (model, its input, block, words of its statement)
CASES = {
    "Llama": (
        lambda: language_model("llama", **SMALL, **HEADS),
        TOKENS, "layers.0", "W_Q W_gate cos repeat_interleave",
    ),
    "Gemma 2": (lambda: language_model("gemma2", **SMALL, **HEADS), TOKENS, "layers.0", "W_Q W_down tanh"),
    "Qwen 3": (lambda: language_model("qwen3", **SMALL, **HEADS), TOKENS, "layers.0", "W_K rms_norm gamma_1"),
    "Mixtral": (
        lambda: language_model("mixtral", **SMALL, **HEADS, **MIXTURE),
        TOKENS, "layers.0.mlp", "topk by_expert",
    ),
    "DeepSeek": (
        lambda: language_model("deepseek_v3", **SMALL, **LATENT),
        TOKENS, "layers.0.self_attn", "W_DQ W_UQ W_QR W_DKV W_KR W_UK W_UV cos sin",
    ),
    "DeepSeek, a function a part": (
        lambda: language_model("deepseek_v3", **SMALL, **LATENT),
        TOKENS, "layers.0", "mixture_of_experts( by_expert( torch.cat",
    ),
    "GPT-2": (
        lambda: language_model("gpt2", n_embd=32, n_head=4, n_layer=2, vocab_size=50, n_positions=16),
        TOKENS, "h.0", "W_Q W_K W_V b_V tril",
    ),
    "T5": (
        lambda: transformers.T5EncoderModel(
            transformers.T5Config(vocab_size=50, d_model=32, d_kv=8, num_heads=4, d_ff=48, num_layers=2)
        ).eval(),
        TOKENS, "encoder.block.0.layer.0", "W_O rms_norm",
    ),
    "Mamba": (
        lambda: language_model("mamba", hidden_size=32, state_size=4, num_hidden_layers=1, vocab_size=50),
        TOKENS, "layers.0.mixer", "softplus",
    ),
    "ViT": (
        lambda: timm.create_model("vit_tiny_patch16_224", img_size=32, depth=1, num_classes=3).eval(),
        torch.ones(2, 3, 32, 32), "blocks.0", "W_Q W_1 F.gelu layer_norm",
    ),
    "Swin": (
        lambda: timm.create_model("swin_tiny_patch4_window7_224", depths=(2, 2), embed_dim=24, num_heads=(2, 4)).eval(),
        torch.ones(1, 3, 224, 224), "layers.0.blocks.1", "roll block_mask W_Q",
    ),
    "bottleneck": (lambda: resnet.Bottleneck(32, 8).eval(), torch.ones(2, 32, 6, 6), "", "batch_norm W_3 relu"),
    "inverted residual": (
        lambda: mobilenet.InvertedResidual(
            mobilenet.InvertedResidualConfig(16, 3, 32, 16, True, "HS", 1, 1, 1.0), torch.nn.BatchNorm2d
        ).eval(),
        torch.ones(2, 16, 6, 6), "", "groups=32 hardswish",
    ),
    "ConvNeXt": (
        lambda: convnext.CNBlock(16, 1e-6, 0.0).eval(), torch.ones(2, 16, 6, 6), "", "layer_norm F.gelu groups=16",
    ),
    "squeeze-excitation": (
        lambda: torchvision.ops.SqueezeExcitation(16, 4).eval(),
        torch.ones(2, 16, 6, 6), "", "sigmoid mean",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_blocks_of_libraries(name):
    build, value, zoom, words = CASES[name]
    found = check(build(), (value,), zoom=zoom)
    assert found.passed, found.code
    assert [word for word in words.split() if word not in found.code] == []

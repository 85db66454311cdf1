"""Each kind of target -> a module in eval mode on meta, with inputs that its forward takes."""

import random
import sys
import warnings
from importlib.util import find_spec

import pytest
import torch

from boardwork.errors import TargetError
from boardwork.targets import load
from boardwork.targets.build import library

# Not importorskip: it would import them without what makes a mismatched torchvision import.
needs_torchvision = pytest.mark.skipif(find_spec("torchvision") is None, reason="needs boardwork[torchvision]")
needs_timm = pytest.mark.skipif(find_spec("timm") is None, reason="needs boardwork[timm]")
needs_transformers = pytest.mark.skipif(find_spec("transformers") is None, reason="needs boardwork[transformers]")
IMAGE_AXES = ("batch", "", "height", "width")


def shapes(subject):
    tensors = [*subject.args, *subject.kwargs.values()]
    return [tuple(t.shape) for t in tensors if isinstance(t, torch.Tensor)]


def run(subject):
    with torch.no_grad(), torch.device("meta"):
        return subject.module(*subject.args, **subject.kwargs)


@pytest.mark.parametrize(
    ("target", "sizes", "axes"),
    [
        ("TransformerEncoderLayer(512, 8, batch_first=True)", [(1, 128, 512)], {"src": ("batch", "seq_len", "")}),
        ("TransformerEncoderLayer(d_model=64, nhead=8)", [(128, 1, 64)], {"src": ("seq_len", "batch", "")}),
        ("MultiheadAttention(64, 4, kdim=8, batch_first=True)", [(1, 128, 64), (1, 128, 8), (1, 128, 64)], None),
        ("LSTM(8, 16, batch_first=True)", [(1, 128, 8)], {"input": ("batch", "seq_len", "")}),
        ("GRU(8, 16)", [(128, 1, 8)], {"input": ("seq_len", "batch", "")}),
        ("RNNCell(8, 16)", [(1, 8)], {"input": ("batch", "")}),
        ("Linear(3, 4)", [(1, 3)], {"input": ("batch", "")}),
        ("Conv1d(3, 4, 5)", [(1, 3, 1024)], {"input": ("batch", "", "length")}),
        ("Conv2d(3, 4, 5)", [(1, 3, 224, 224)], {"input": IMAGE_AXES}),
        ("Conv3d(3, 4, 5)", [(1, 3, 16, 112, 112)], None),
        ("ConvTranspose2d(3, 4, 5)", [(1, 3, 56, 56)], None),
        ("Embedding(10, 4)", [(1, 128)], {"input": ("batch", "seq_len")}),
        ("LayerNorm(16)", [(1, 128, 16)], None),
        ("GroupNorm(2, 16)", [(1, 16, 56, 56)], None),
        ("BatchNorm1d(16)", [(1, 16, 1024)], None),
        ("Transformer(64, 4)", [(128, 1, 64)] * 2, {"src": ("src_len", "batch", ""), "tgt": ("tgt_len", "batch", "")}),
        ("TransformerDecoderLayer(64, 4)", [(128, 1, 64), (128, 1, 64)], None),
        ("Bilinear(2, 3, 4)", [(1, 2), (1, 3)], None),
        ("MaxPool2d(2)", [(1, 64, 56, 56)], None),
        ("GELU()", [(1, 64)], None),
    ],
)  # fmt: skip
def test_layers_of_torch_know_their_inputs(target, sizes, axes):
    subject = load("torch.nn:" + target)
    assert shapes(subject) == sizes
    assert axes is None or subject.axes == axes
    assert not subject.guesses
    assert not subject.module.training
    assert all(p.is_meta for p in subject.module.parameters())
    run(subject)


@needs_torchvision
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("resnet50", (1, 3, 224, 224)),
        ("inception_v3", (1, 3, 299, 299)),
        ("efficientnet_b1", (1, 3, 240, 240)),
        ("vit_b_16(image_size=384)", (1, 3, 384, 384)),
        ("r3d_18", (1, 3, 16, 112, 112)),
        ("fcn_resnet50", (1, 3, 224, 224)),
    ],
)
def test_torchvision_gives_images_of_the_models_size(name, size):
    subject = load("torchvision:" + name)
    assert shapes(subject) == [size]
    assert subject.title == name.partition("(")[0]
    run(subject)


@needs_torchvision
def test_detectors_take_a_list():
    assert [tuple(t.shape) for t in load("torchvision:fasterrcnn_resnet50_fpn").args[0]] == [(3, 800, 800)]


@needs_timm
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("vit_base_patch16_224", (1, 3, 224, 224)),
        ("resnet18.a1_in1k", (1, 3, 288, 288)),
        ("resnet18(in_chans=1)", (1, 1, 224, 224)),
        ("vit_tiny_patch16_224(img_size=96)", (1, 3, 96, 96)),
    ],
)
def test_timm_gives_images_of_the_models_size(name, size):
    subject = load("timm:" + name)
    assert subject.axes == {"x": IMAGE_AXES}
    assert shapes(subject)[0][:2] == size[:2]
    run(subject)


@needs_transformers
def test_a_folder_with_a_config_gives_the_model_of_its_architecture():
    subject = load("hf:tests/data/llama-3-8b(num_hidden_layers=2)")
    assert type(subject.module).__name__ == "LlamaForCausalLM"
    assert subject.title == "llama-3-8b"
    assert subject.axes == {"input_ids": ("batch", "seq_len")}
    assert subject.kwargs["use_cache"] is False
    assert {p.dtype for p in subject.module.parameters()} == {torch.bfloat16}
    assert subject.module.config._attn_implementation == "sdpa"
    assert len(subject.module.model.layers) == 2


@needs_transformers
@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("vit", {"pixel_values"}),
        ("clip", {"input_ids", "pixel_values"}),
        ("t5", {"input_ids", "decoder_input_ids"}),
        ("whisper", {"input_features", "decoder_input_ids"}),
        ("wav2vec2", {"input_values"}),
    ],
)
def test_inputs_follow_what_the_config_describes(kind, names, tmp_path):
    transformers = library("transformers")
    transformers.AutoConfig.for_model(kind).save_pretrained(tmp_path)
    assert set(load(f"hf:{tmp_path}").axes) == names


def test_a_users_file_is_imported_and_forgotten():
    modules, path = set(sys.modules), list(sys.path)
    subject = load("tests/data/residual_net.py:Net(hidden=16)")
    assert subject.module.fc1.in_features == 16
    assert subject.target == "tests/data/residual_net.py:Net(hidden=16)"
    assert "Input (1, 32) inferred from the first layer, inp: Linear(32, 16)" in subject.guesses[0]
    assert sys.path == path
    assert not {name for name in set(sys.modules) - modules if "residual" in name or "user_file" in name}


def test_relative_imports_work_in_a_package():
    assert shapes(load("tests/data/package_with_parts/net.py:Net")) == [(1, 12)]


def test_dotted_names_functions_and_instances_are_targets():
    assert shapes(load("boardwork.examples.mlp:MLP(inputs=20)")) == [(1, 20)]
    assert shapes(load("tests/data/nets.py:factory(width=9)")) == [(1, 9)]
    assert shapes(load("tests/data/nets.py:instance")) == [(1, 7)]
    assert load("tests/data/nets.py:instance").title == "instance"


@pytest.mark.parametrize("name", ["lstm-classifier", "mlp", "nanogpt", "unet", "vae"])
def test_examples_run_with_their_usual_input(name):
    subject = load("example:" + name)
    assert not subject.guesses
    run(subject)


def test_a_constructor_that_needs_values_is_built_on_cpu():
    assert not any(p.is_meta for p in load("tests/data/nets.py:NeedsValues").module.parameters())


def test_nothing_global_changes():
    before = (torch.get_rng_state(), random.getstate(), torch.get_default_dtype(), list(warnings.filters))
    load("tests/data/nets.py:Random")
    after = (torch.get_rng_state(), random.getstate(), torch.get_default_dtype(), list(warnings.filters))
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("resnet50", "torchvision:resnet50"),
        ("torchvsion:resnet50", "torchvision"),
        ("torch.nn:Liner(3, 4)", "Linear"),
        ("torch.nn:Linear(3)", "out_features"),
        ("torch.nn:Linear(3, 4, 5, 6, 7, 8)", "too many positional"),
        ("torch.nn:Linear(3, 'a')", "could not be built"),
        ("torch.nn:functional", "Unknown class"),
        ("torch.nn:CrossEntropyLoss()", "needs target"),
        ("example:lstm", "lstm-classifier"),
        ("missing.py:Net", "no file"),
        ("missing.py", "no file"),
        ("tests/data/residual_net.py", "classes: Net"),
        ("tests/data/residual_net.py:Nett", "Net"),
        ("tests/data/nets.py:Raises(size=5)", "ValueError: size 5 is odd"),
        ("tests/data/nets.py:no_module", "not an nn.Module"),
        ("tests/data/nets.py:torch", "no class or function"),
        ("boardwork.missing:Net", "does not import"),
        ("hf:tests/data", "no config.json"),
        ("", "does not say"),
    ],
)
def test_mistakes_name_what_was_tried_and_what_to_try(target, said):
    with pytest.raises(TargetError) as caught:
        load(target)
    assert said in str(caught.value)


def test_a_file_that_raises_is_told_with_its_line(tmp_path):
    (tmp_path / "broken.py").write_text("x = 1\nraise ValueError('no')\n")
    with pytest.raises(TargetError, match=r"broken.py does not import: ValueError: no \(line 2\)"):
        load(f"{tmp_path / 'broken.py'}:Net")


def test_a_script_that_leaves_is_told(tmp_path):
    (tmp_path / "script.py").write_text("import sys\nsys.exit(3)\n")
    with pytest.raises(TargetError, match=r"SystemExit: 3 \(line 2\)"):
        load(f"{tmp_path / 'script.py'}:Net")
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_a_missing_library_names_its_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(TargetError) as caught:
        load("timm:resnet18")
    assert 'pip install "boardwork[timm]"' in str(caught.value)

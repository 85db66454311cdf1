"""A folder with a config -> the inputs that its model's processor would make, and the forms that are tried after."""

import inspect
from dataclasses import replace
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
import torch

from boardwork.errors import TraceError
from boardwork.targets import from_module, load
from boardwork.targets.build import library
from boardwork.targets.hugging_face.forms import other_forms
from boardwork.targets.hugging_face.media import media_inputs
from boardwork.targets.layers import argument
from boardwork.trace import trace

needs_transformers = pytest.mark.skipif(find_spec("transformers") is None, reason="needs boardwork[transformers]")

TEXT = {"vocab_size": 99, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
IMAGE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 56}


def written(folder, kind, **entries):
    library("transformers").CONFIG_MAPPING[kind](**entries).save_pretrained(folder)
    return f"hf:{folder}"


def llava(folder, **entries):
    vision = {"model_type": "clip_vision_model", "patch_size": 14, **IMAGE}
    text = {"model_type": "llama", "num_key_value_heads": 4, **TEXT}
    return written(folder, "llava", image_token_index=50, vision_config=vision, text_config=text, **entries)


@needs_transformers
def test_a_prompt_has_one_placeholder_for_each_feature_of_the_image(tmp_path):
    subject = load(llava(tmp_path))
    prompt, image = subject.args[:2]
    assert image.shape == (1, 3, 56, 56)
    assert int((prompt == 50).sum()) == (56 // 14) ** 2
    assert subject.guesses == ()


@needs_transformers
def test_the_tower_is_drawn_and_the_length_of_the_text_stays_free(tmp_path):
    record = trace(load(llava(tmp_path)))
    assert any("vision_tower" in call.path for call in record.calls)
    assert not any("text alone" in guess for guess in record.guesses)
    assert "seq_len" in record.axes


@needs_transformers
def test_where_the_image_does_not_fit_the_text_is_drawn_alone_and_the_sheet_says_so(tmp_path):
    target = llava(tmp_path)
    subject = load(target)
    assert set(subject.others[-1].axes) == {"input_ids"}
    assert "text alone" in subject.others[-1].guesses[0]


def test_other_forms_are_tried_in_turn_and_the_one_that_runs_is_told():
    image = torch.empty(1, 2, 5, 5, device="meta")
    subject = from_module(torch.nn.Conv2d(3, 4, 3), (image,))
    wrong = replace(subject, args=(torch.empty(1, 1, 5, 5, device="meta"),), guesses=("One channel.",))
    right = replace(subject, args=(torch.empty(1, 3, 5, 5, device="meta"),), guesses=("Three channels.",))
    assert trace(replace(subject, others=(wrong, right))).guesses == ("Three channels.",)
    with pytest.raises(TraceError, match="2 channels"):
        trace(replace(subject, others=(wrong,)))


@needs_transformers
def test_given_inputs_are_not_replaced(tmp_path):
    assert load(llava(tmp_path), ["1,9:int64"]).others == ()


def test_other_forms_change_one_input_and_name_it():
    tokens = argument("input_ids", (1, 9), ("batch", "seq_len"), torch.int64)
    image = argument("pixel_values", (1, 3, 8, 8), ("batch", "", "height", "width"))
    forms = list(other_forms([tokens, image]))
    assert [tuple(inputs[1].tensor.shape) for inputs, _ in forms[:2]] == [(1, 1, 3, 8, 8), (1, 2, 3, 8, 8)]
    assert all(inputs[0] is tokens for inputs, _ in forms)
    assert all("pixel_values" in told for _, told in forms)


@needs_transformers
def test_an_image_that_the_text_attends_to_comes_in_tiles_with_their_masks(tmp_path):
    vision = {"image_size": 56, "num_hidden_layers": 1, "num_global_layers": 1, "intermediate_layers_indices": [0]}
    text = {"num_hidden_layers": 2, "cross_attention_layers": [1]}
    subject = load(written(tmp_path, "mllama", vision_config=vision, text_config=text))
    inputs = inspect.signature(subject.module.forward).bind(*subject.args, **subject.kwargs).arguments
    assert inputs["input_ids"].shape == (1, 128)
    assert inputs["pixel_values"].shape == (1, 1, 4, 3, 56, 56)
    assert inputs["aspect_ratio_mask"].shape == (1, 1, 4)
    assert inputs["cross_attention_mask"].shape == (1, 128, 1, 4)


@pytest.mark.parametrize(("given", "form"), [((9, 12), (1, 9, 12)), ((1, 9, 12), (9, 12))])
def test_patches_come_in_one_list_or_in_one_for_each_image(given, form):
    patches = argument("pixel_values", given, ("batch", "", "")[-len(given) :] if len(given) == 3 else ("", ""))
    assert form in [tuple(inputs[0].tensor.shape) for inputs, _ in other_forms([patches])]


@needs_transformers
def test_a_mask_that_forward_refuses_is_left_out_before_the_image_is(tmp_path):
    small = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64}
    parts = {f"{part}_config": small for part in ("text", "image", "multimodal")}
    record = trace(load(written(tmp_path, "flava", hidden_size=32, projection_dim=16, **parts)))
    assert [name for name, _ in record.inputs] == ["input_ids", "pixel_values"]
    assert "The forward refused image_attention_mask: it was run without." in record.guesses


def test_what_makes_features_of_sound_may_read_the_prompt_too():
    class Tower(torch.nn.Module):
        def get_audio_features(self, input_ids, input_features):
            return input_features + 0 * input_ids.sum()

    config = SimpleNamespace(audio_token_id=7, feature_size=4)
    made = media_inputs(Tower(), config, ["input_ids", "input_features"])
    prompt = {item.name: item.tensor for item in made}["input_ids"]
    assert int((prompt == 7).sum()) == 3000
    assert len(made) == 2


def test_a_spectrogram_may_have_a_channel_and_be_shorter():
    sound = argument("input_features", (1, 3000, 64), ("batch", "", ""))
    shapes = [tuple(inputs[0].tensor.shape) for inputs, _ in other_forms([sound])]
    assert shapes[:2] == [(1, 1, 3000, 64), (1, 1, 512, 64)]


@needs_transformers
def test_a_model_that_goes_on_from_the_keys_of_another_is_given_them(tmp_path):
    text = {**TEXT, "model_type": "gemma4_text", "head_dim": 8, "hidden_size_per_layer_input": 0}
    text |= {"num_hidden_layers": 2, "num_key_value_heads": 2, "layer_types": ["sliding_attention", "full_attention"]}
    text |= {"vocab_size_per_layer_input": 0, "num_kv_shared_layers": 2, "global_head_dim": 16}
    record = trace(load(written(tmp_path, "gemma4_assistant", text_config=text, backbone_hidden_size=24)))
    shapes = {name: record.tensors[tensor].symbols for name, tensor in record.inputs}
    assert shapes["inputs_embeds"] == ("batch", "seq_len", "48")
    assert shapes["shared_kv_states.sliding_attention.0"] == ("batch", "2", "src_len", "8")
    assert shapes["shared_kv_states.full_attention.1"] == ("batch", "2", "src_len", "16")


@needs_transformers
def test_a_session_has_seen_a_frame_of_the_video_and_remembers_it_on_the_next(tmp_path):
    module = library("transformers").Sam2VideoModel
    subject = load(written(tmp_path, "sam2_video"))
    assert isinstance(subject.module, module)
    assert subject.kwargs["frame_idx"] == 1
    session = subject.kwargs["inference_session"]
    record = trace(subject)
    used = {tensor for op in record.ops for tensor in op.inputs}
    names = {name.removeprefix("inference_session.") for name, tensor in record.inputs if tensor in used}
    assert {"processed_frames.1", "maskmem_features", "object_pointer"} <= names
    assert set(session.output_dict_per_obj[0]["cond_frame_outputs"]) == {0}
    assert session.output_dict_per_obj[0]["non_cond_frame_outputs"] == {}


@pytest.mark.parametrize(("places", "kind"), [(3000, torch.bool), (512, torch.int64)])
def test_masks_of_sound_are_tried_as_truths_and_long_sound_is_cut_with_its_mask(places, kind):
    class Tower(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.places = torch.nn.Parameter(torch.empty(places, 4, device="meta"))

        def get_audio_features(self, input_features, input_features_mask):
            if input_features_mask.dtype != kind or input_features.dim() != 3:
                raise TypeError(kind)
            return (input_features + self.places) * input_features_mask[..., None]

    names = ["input_features", "input_features_mask"]
    config = SimpleNamespace(audio_token_id=7, feature_size=4)
    made = {item.name: item.tensor for item in media_inputs(Tower(), config, ["input_ids", *names])}
    assert [tuple(made[name].shape) for name in names] == [(1, places, 4), (1, places)]
    assert int((made["input_ids"] == 7).sum()) == places


@needs_transformers
def test_of_a_class_that_only_holds_models_the_first_is_drawn_and_the_others_are_named(tmp_path):
    part = {"num_layers": 1, "num_heads": 2, "hidden_size": 16, "input_vocab_size": 99, "output_vocab_size": 99}
    subject = load(written(tmp_path / "speech", "bark", semantic_config=part, coarse_acoustics_config=part))
    assert subject.title == "speech.semantic"
    assert type(subject.module).__name__ == "BarkSemanticModel"
    assert "then come coarse_acoustics (BarkCoarseModel), fine_acoustics" in subject.guesses[0]
    assert trace(subject).guesses[0] == subject.guesses[0]

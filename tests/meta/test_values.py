"""Values of small tensors -> what follows from them, beside the tensors on meta."""

import torch

from boardwork.meta.evaluation import Evaluation


def run(evaluation, name, *args, **kwargs):
    return evaluation.run(name, getattr(torch.Tensor, name), args, kwargs, "")


def known(*values):
    evaluation = Evaluation()
    twin = torch.empty(len(values), dtype=torch.int64, device="meta")
    evaluation.values.give(twin, torch.tensor(values))
    return evaluation, twin


def test_a_small_tensor_is_followed_through_an_expansion_of_any_size() -> None:
    evaluation, mask = known(1, 0, 1)
    hidden = torch.empty(3, 50_000, device="meta")
    wide = run(evaluation, "expand_as", run(evaluation, "unsqueeze", run(evaluation, "bool", mask), -1), hidden)
    assert run(evaluation, "__getitem__", hidden, wide).shape == (100_000,)
    assert not evaluation.guesses


def test_a_device_among_the_arguments_does_not_hide_values() -> None:
    evaluation, numbers = known(4, 5)
    moved = run(evaluation, "to", numbers, torch.device("meta"))
    assert evaluation.values.of(moved).tolist() == [4, 5]


def test_a_tensor_in_a_text_is_written_as_its_number() -> None:
    evaluation, numbers = known(7)
    assert run(evaluation, "__format__", run(evaluation, "sum", numbers), "") == "7"
    assert not evaluation.guesses
    assert run(evaluation, "__format__", torch.empty((), device="meta"), "") == "1"
    assert evaluation.guesses


def test_what_is_made_empty_holds_what_is_written() -> None:
    evaluation, lengths = known(4, 5)
    offsets = evaluation.run("empty", torch.empty, (3,), {"dtype": torch.int64, "device": "meta"}, "")
    run(evaluation, "__setitem__", offsets, 0, 0)
    run(evaluation, "__setitem__", offsets, slice(1, None), run(evaluation, "cumsum", lengths, 0))
    assert evaluation.values.of(offsets).tolist() == [0, 4, 9]


def test_what_is_forgotten_does_not_pass_to_another_tensor_in_its_place() -> None:
    evaluation = Evaluation()
    evaluation.values.give(torch.empty(1, device="meta"), torch.zeros(1))
    for _ in range(50):  # freed at once, so that storages take the same place
        evaluation.values.forget(torch.empty(4, device="meta"))
    twins = [torch.empty(4, device="meta") for _ in range(50)]
    for twin in twins:
        evaluation.values.give(twin, torch.ones(4))
    assert all(evaluation.values.of(twin) is not None for twin in twins)

"""Calls on meta that come again: same result without torch, and none where a result is more than a shape."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from boardwork.meta.repeats import Repeats


def runs(call: Callable[..., object], *calls: tuple[object, ...]) -> int:
    """How many of the calls reach torch."""
    reached: list[object] = []

    def counted(*args: object) -> object:
        reached.append(args)
        return call(*args)

    repeats = Repeats()
    with torch.no_grad():
        for args in calls:
            out, expected = repeats.run(counted, args, {}), call(*args)
            if isinstance(out, torch.Tensor) and isinstance(expected, torch.Tensor):
                assert (out.shape, out.stride(), out.dtype) == (expected.shape, expected.stride(), expected.dtype)
                assert out.device == expected.device
    return len(reached)


def x(*shape: int, device: str = "meta") -> torch.Tensor:
    return torch.empty(*shape, device=device)


AGAIN = {
    "alike": (torch.add, [(x(2, 3), x(3)), (x(2, 3), x(3))], 1),
    "another shape": (torch.add, [(x(2, 3), x(3)), (x(4, 3), x(3))], 2),
    "another order in memory": (torch.add, [(x(2, 3), 1), (x(3, 2).t(), 1)], 2),
    "a number of another type": (torch.mul, [(x(2).int(), 1), (x(2).int(), 1.0), (x(2).int(), True)], 3),
    "nested": (torch.cat, [([x(2, 3), x(2, 3)], 1), ([x(2, 3), x(2, 3)], 1), ((x(2, 3), x(2, 3)), 1)], 2),
    "a view": (torch.t, [(x(2, 3),), (x(2, 3),)], 2),
    "a write": (torch.Tensor.add_, [(x(2, 3), 1), (x(2, 3), 1)], 2),
    "two results": (torch.max, [(x(2, 3), 1), (x(2, 3), 1)], 2),
    "numbers": (torch.add, [(x(2), 1), (x(2, device="cpu"), 1), (x(2, device="cpu"), 1)], 3),
    "a function": (lambda value, work: work(value), [(x(2), torch.relu), (x(2), torch.relu)], 2),
}


@pytest.mark.parametrize("case", AGAIN)
def test_torch_is_asked_where_the_result_may_differ(case: str) -> None:
    call, calls, reached = AGAIN[case]
    assert runs(call, *calls) == reached


def test_a_result_that_comes_again_has_memory_of_its_own() -> None:
    repeats = Repeats()
    with torch.no_grad():
        first, second = (repeats.run(torch.relu, (x(2, 3),), {}) for _ in range(2))
    first.unsqueeze_(0)
    assert second.shape == (2, 3)
    assert first.untyped_storage()._cdata != second.untyped_storage()._cdata


def test_inside_vmap_and_with_gradients_every_call_runs() -> None:
    repeats, rows = Repeats(), x(5, 3)
    with torch.no_grad():
        assert repeats.run(torch.relu, (x(3),), {}).shape == (3,)
        assert torch.vmap(lambda row: repeats.run(torch.relu, (row,), {}))(rows).shape == (5, 3)
    weight = x(3).requires_grad_()
    assert repeats.run(torch.relu, (weight,), {}).requires_grad

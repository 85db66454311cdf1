"""`boardwork.draw` from Python: a live module or a target -> a Sheet; the module is as it was."""

import pytest
import torch
from torch import nn

import boardwork


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x, mask=None):
        out = torch.relu(self.layer(x))
        return out if mask is None else out * mask


def state(model):
    return (
        [(name, id(p), p.device, p.dtype, p.requires_grad, p.detach().clone()) for name, p in model.named_parameters()],
        [module.training for module in model.modules()],
        [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()],
        torch.get_rng_state(),
    )


def test_a_live_module_is_drawn_and_left_as_it_was():
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 2))
    model[1].eval()
    before = state(model)
    sheet = boardwork.draw(model, (torch.ones(3, 4),), title="a small net")
    assert isinstance(sheet, boardwork.Sheet)
    assert sheet.subject.title == "a small net"
    assert sheet.summary["params_total"] == sum(p.numel() for p in model.parameters())
    for old, new in zip(before[0], state(model)[0], strict=True):
        assert old[:-1] == new[:-1]
        assert torch.equal(old[-1], new[-1])
    assert before[1:3] == state(model)[1:3]
    assert torch.equal(before[3], torch.get_rng_state())


def test_named_arguments_and_sizes_are_taken():
    x, mask = torch.ones(2, 4), torch.ones(2, 4)
    assert [port.name for port in boardwork.draw(Gate(), (x,), {"mask": mask}).subject.inputs] == ["x", "mask"]
    assert boardwork.draw(Gate(), input_size=(2, 4)).subject.inputs[0].sizes == (2, 4)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_any_device_gives_the_same_sheet(device):
    with torch.device(device):
        model = Gate()
    assert boardwork.draw(model, input_size=(1, 4)).to_json() == boardwork.draw(Gate(), input_size=(1, 4)).to_json()


def test_a_target_is_drawn_as_the_command_line_draws_it():
    sheet = boardwork.draw("example:mlp", input_size=(2, 784))
    assert sheet.subject.target == "example:mlp"
    assert sheet.subject.inputs[0].sizes == (2, 784)


def test_a_sheet_shows_itself_and_is_saved(tmp_path):
    sheet = boardwork.draw("example:mlp")
    assert "mlp" in str(sheet)
    assert "<svg" in sheet._repr_svg_()
    for name in ("a.svg", "a.txt", "a.json"):
        sheet.save(tmp_path / name)
    assert boardwork.Sheet.from_json(tmp_path / "a.json") == sheet
    with pytest.raises(boardwork.BoardworkError):
        sheet.save(tmp_path / "a.nosuch")


def test_a_level_and_questions_from_python():
    layer = nn.TransformerEncoderLayer(64, 4, batch_first=True)
    plain, junior = (boardwork.draw(layer, input_size=(2, 16, 64), **more) for more in ({}, {"level": "junior"}))
    assert plain.questions == junior.questions == ()
    assert 0 < len(junior.tradeoffs) < len(plain.tradeoffs)
    asked = boardwork.draw(layer, input_size=(2, 16, 64), questions=True)
    assert asked.questions[0].ask in str(asked)
    with pytest.raises(boardwork.BoardworkError, match="no level"):
        boardwork.draw(layer, input_size=(2, 16, 64), level="expert")

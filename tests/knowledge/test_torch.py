"""The equations against torch: tensor equations written out as the topics state them, formulas taken from the files."""

from __future__ import annotations

import pytest

from boardwork.knowledge.expressions import evaluate
from boardwork.knowledge.topics import topics

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional


def formula(topic: str, latex: str) -> str:
    """The executable form of the one equation of a topic that contains this LaTeX."""
    rows = [e for t in topics() if t.name == topic for e in t.equations if latex in e["latex"]]
    texts = {row["formula"] for row in rows}
    assert len(texts) == 1, texts
    return str(texts.pop())


def value(topic: str, latex: str, **names: int) -> object:
    return evaluate(formula(topic, latex), names, frozenset(names))


def count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_attention_equation() -> None:
    q, k, v = torch.randn(3, 2, 4, 5, 8)
    written = torch.softmax(q @ k.transpose(-1, -2) / 8**0.5, -1) @ v
    torch.testing.assert_close(written, functional.scaled_dot_product_attention(q, k, v))


@pytest.mark.parametrize(("d_model", "heads"), [(32, 4), (24, 3)])
def test_attention_parameters(d_model: int, heads: int) -> None:
    module = nn.MultiheadAttention(d_model, heads)
    assert value("attention", "4 d_", d_model=d_model, n_bias=4 * d_model) == count(module)
    assert value("heads", r"/ \text{heads}", d_model=d_model, heads=heads) == module.head_dim


def test_grouped_attention_parameters() -> None:
    names = {"d_model": 32, "heads": 4, "kv_heads": 2, "d_k": 8, "d_v": 8, "d_out": 32, "n_bias": 0}
    parts = nn.ModuleList([nn.Linear(32, width, bias=False) for width in (32, 16, 16, 32)])
    assert value("attention", r"d_{\text{out}}", **names) == count(parts)


def test_rope_depends_on_the_distance_only() -> None:
    def rotated(x: torch.Tensor, m: int) -> torch.Tensor:
        theta = 10000.0 ** (-2 * torch.arange(4) / 8)
        even, odd, cos, sin = x[0::2], x[1::2], torch.cos(m * theta), torch.sin(m * theta)
        return torch.stack([cos * even - sin * odd, sin * even + cos * odd], -1).flatten()

    q, k = torch.randn(2, 8)
    torch.testing.assert_close(rotated(q, 9) @ rotated(k, 4), rotated(q, 105) @ rotated(k, 100), rtol=1e-4, atol=1e-4)


def test_norm_equations() -> None:
    x, gain, bias = torch.randn(3, 6), torch.randn(6), torch.randn(6)
    mean = x.mean(-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)
    written = gain * (x - mean) / torch.sqrt(variance + 1e-5) + bias
    torch.testing.assert_close(written, functional.layer_norm(x, (6,), gain, bias, 1e-5))
    square = (x**2).mean(-1, keepdim=True)
    torch.testing.assert_close(gain * x / torch.sqrt(square + 1e-5), functional.rms_norm(x, (6,), gain, 1e-5))


def test_batch_norm_folds() -> None:
    conv, norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4).eval()
    norm.weight.data.uniform_(0.5, 2)
    norm.bias.data.normal_()
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight, bias = factor[:, None, None, None] * conv.weight, factor * (conv.bias - norm.running_mean) + norm.bias
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(functional.conv2d(x, weight, bias), norm(conv(x)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "k", "s", "p", "d"), [(224, 7, 2, 3, 1), (15, 3, 2, 0, 1), (32, 3, 1, 2, 2), (31, 5, 3, 1, 2)]
)
def test_convolution(size: int, k: int, s: int, p: int, d: int) -> None:
    conv = nn.Conv2d(4, 6, k, s, p, dilation=d)
    height = conv(torch.randn(1, 4, size, size)).shape[-2]
    names = {"H_in": size, "k": k, "s": s, "p": p}
    assert value("convolution", "d(k - 1)", **names, d=d) == height
    assert d > 1 or value("convolution", "2p - k", **names) == height
    assert value("convolution", r"\cdot C_{\text{in}} \cdot", k=k, C_in=4, C_out=6, n_bias=6) == count(conv)


def test_grouped_convolution_and_bottleneck() -> None:
    conv = nn.Conv2d(8, 6, 3, groups=2)
    assert value("convolution", "{g}", k=3, C_in=8, C_out=6, g=2, n_bias=6) == count(conv)
    for groups, latex in ((1, r"n_{\text{taps}} \cdot m^2 + m"), (4, r"\frac{n_{\text{taps}} \cdot m^2}{g}")):
        block = nn.ModuleList(
            [
                nn.Conv2d(16, 8, 1, bias=False),
                nn.Conv2d(8, 8, 3, groups=groups, bias=False),
                nn.Conv2d(8, 32, 1, bias=False),
            ]
        )
        assert value("bottleneck", latex, w_in=16, w=32, m=8, n_taps=9, g=groups) == count(block)


def test_patch_embedding() -> None:
    embed = nn.Conv2d(3, 12, 4, stride=4)
    assert value("patch_embedding", "d + d", P=4, C=3, d=12) == count(embed)
    assert value("patch_embedding", "{P^2} + 1", H=32, W=16, P=4) == embed(torch.randn(1, 3, 32, 16))[0, 0].numel() + 1


def test_feed_forward_parameters() -> None:
    plain = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 8))
    assert value("feed_forward", r"d_{\text{ff}} + n", d_model=8, d_ff=32, n_bias=40) == count(plain)
    gated = nn.ModuleList([nn.Linear(a, b, bias=False) for a, b in ((8, 20), (8, 20), (20, 8))])
    assert value("swiglu", r"(\operatorname{SiLU}", d_model=8, d_ff=20) == count(gated)


def test_lstm_equations() -> None:
    cell = nn.LSTMCell(3, 5)
    x, h, c = torch.randn(2, 3), torch.randn(2, 5), torch.randn(2, 5)
    i, f, g, o = (x @ cell.weight_ih.T + h @ cell.weight_hh.T + cell.bias_ih + cell.bias_hh).chunk(4, -1)
    new_c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    new_h = torch.sigmoid(o) * torch.tanh(new_c)
    torch.testing.assert_close((new_h, new_c), cell(x, (h, c)))
    assert value("lstm", "+ 2)", I=3, H=5) == count(cell)


def test_gru_equations() -> None:
    cell = nn.GRUCell(3, 5)
    x, h = torch.randn(2, 3), torch.randn(2, 5)
    own, past = x @ cell.weight_ih.T + cell.bias_ih, h @ cell.weight_hh.T + cell.bias_hh
    (ri, zi, ni), (rh, zh, nh) = own.chunk(3, -1), past.chunk(3, -1)
    r, z = torch.sigmoid(ri + rh), torch.sigmoid(zi + zh)
    n = torch.tanh(ni + r * nh)
    torch.testing.assert_close((1 - z) * n + z * h, cell(x, h))
    assert value("gru", "+ 2)", I=3, H=5) == count(cell)


@pytest.mark.parametrize(("topic", "kind"), [("lstm", "LSTM"), ("gru", "GRU")])
@pytest.mark.parametrize(("layers", "both"), [(1, True), (3, False), (2, True)])
def test_stacked_recurrence(topic: str, kind: str, layers: int, both: bool) -> None:
    module = getattr(nn, kind)(3, 5, num_layers=layers, bidirectional=both)
    rows = [c for t in topics() if t.name == topic for e in t.equations for c in e.get("checks", ())]
    text = next(row["formula"] for row in rows if row["measured"] == "recurrent.params")
    names = {"I": 3, "H": 5, "L": layers, "D": 1 + both}
    assert evaluate(text, names, frozenset(names)) == count(module)


def test_rnn_parameters() -> None:
    assert value("rnn", "+ 2)", I=3, H=5) == count(nn.RNN(3, 5))

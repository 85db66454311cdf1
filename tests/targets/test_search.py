"""Modules with several arguments, or one that the first layer does not tell -> arguments with which forward runs."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from boardwork.errors import TargetError
from boardwork.targets import from_module, load
from boardwork.targets.assemble import assemble
from boardwork.targets.input_spec import parse_input
from boardwork.trace import trace


class Twins(nn.Module):
    """Two images, of the one size that the linear layer takes."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 50 * 50, 3))

    def forward(self, left, right):
        return (self.body(left) - self.body(right)).abs()


class Interleaved(nn.Module):
    """Three sequences of unlike widths and the step of each of their rows, as in a decision transformer."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow, self.step = nn.Linear(17, 32), nn.Linear(1, 32), nn.Embedding(99, 32)

    def forward(self, wide, narrow, step):
        batch, length, _ = wide.shape
        rows = torch.stack((self.wide(wide) + self.step(step), self.narrow(narrow) + self.step(step)), 2)
        return rows.reshape(batch, 2 * length, -1)


class Letters(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.conv = nn.Embedding(60, 8), nn.Conv1d(8, 16, 3)

    def forward(self, letters):
        batch, words, width = letters.shape
        return F.relu(self.conv(self.table(letters.view(batch * words, width)).transpose(1, 2))).amax(2)


class Columns(nn.Module):
    """A weight for each column, and a table."""

    def __init__(self):
        super().__init__()
        self.weight, self.table = nn.Parameter(torch.zeros(8, 32)), nn.Embedding(10, 32)

    def forward(self, numbers, kinds):
        return torch.cat([numbers.unsqueeze(-1) * self.weight, self.table(kinds[:, :2])], 1)


class Noisy(nn.Module):
    """Points and a time for each of them."""

    def __init__(self):
        super().__init__()
        self.points, self.time = nn.Linear(2, 16), nn.Linear(6, 16)

    def forward(self, x, t):
        angle = t[:, None] * torch.arange(3, device=t.device)
        return self.points(x) + self.time(torch.cat([angle.sin(), angle.cos()], -1))


class Labelled(nn.Module):
    """One label an image, which is added to every pixel."""

    def __init__(self):
        super().__init__()
        self.label, self.body = nn.Embedding(10, 8), nn.Conv2d(3, 8, 3)

    def forward(self, image, label):
        return self.body(image) + self.label(label)[:, :, None, None]


class Series(nn.Module):
    """A recurrent layer takes what was made of each column."""

    def __init__(self):
        super().__init__()
        self.columns = nn.ModuleList(nn.Linear(1, 8) for _ in range(3))
        self.cell = nn.GRU(8, 8, batch_first=True)

    def forward(self, x):
        return self.cell(sum(column(x[..., i : i + 1]) for i, column in enumerate(self.columns)))[0]


class Critic(nn.Module):
    """What two arguments are side by side has a width, not each of them."""

    def __init__(self):
        super().__init__()
        self.value = nn.Sequential(nn.Linear(23, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, state, action):
        return self.value(torch.cat([state, action], -1))


class Bare(nn.Module):
    """No layer: a product with a weight."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(12, 7))

    def forward(self, x):
        return torch.tanh(x @ self.weight)


class Heads(nn.Module):
    """The first layer takes a row as well as a sequence; what comes later takes a sequence alone."""

    def __init__(self):
        super().__init__()
        self.three, self.last = nn.Linear(64, 192), nn.Linear(64, 64)

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (8, 8)).transpose(1, 2) for part in self.three(x).chunk(3, -1))
        return self.last(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Looped(nn.Module):
    """A graph whose edges get one of each node to itself, and have features."""

    def __init__(self):
        super().__init__()
        self.node, self.edge = nn.Linear(11, 8), nn.Linear(7, 8)

    def forward(self, nodes, edges, features):
        y = self.node(nodes)
        messages = y[edges[0]] + self.edge(features)
        y = torch.zeros_like(y).index_add_(0, edges[1], messages)
        own = torch.arange(len(nodes))
        source, target = torch.cat([edges, torch.stack([own, own])], 1)
        return torch.zeros_like(y).index_add_(0, target, y[source])


class Checked(nn.Module):
    """Sums over the neighbours, after checks that tell in words what they want; then over each graph."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 8)

    def forward(self, nodes, edges, graph):
        if edges.is_floating_point():
            raise ValueError("Expected 'edges' to be of integer type")
        if edges.dim() != 2:
            raise ValueError("Expected 'edges' to be two-dimensional")
        if edges.size(0) != 2:
            raise ValueError("Expected 'edges' to have size '2' in the first dimension")
        y = torch.zeros_like(nodes).scatter_add_(0, edges[1].view(-1, 1).expand(-1, 6), nodes[edges[0]])
        return y.new_zeros(3, 8).scatter_add_(0, graph.view(-1, 1).expand(-1, 8), self.layer(y))


class Patches(nn.Module):
    """A series in patches that overlap, each with a learned position: only one length has as many."""

    def __init__(self):
        super().__init__()
        self.patch, self.place = nn.Linear(12, 8), nn.Parameter(torch.zeros(21, 8))

    def forward(self, series):
        patches = series.transpose(1, 2).unfold(-1, 12, 6)
        return self.patch(patches).flatten(0, 1) + self.place


class Frames(nn.Module):
    """A convolution over a frame beside a state, again for the next frame."""

    def __init__(self):
        super().__init__()
        self.gates = nn.Conv2d(3 + 4, 4, 3, padding=1)

    def forward(self, film):
        batch, frames, _, height, width = film.shape
        state = film.new_zeros(batch, 4, height, width)
        for frame in range(frames):
            state = self.gates(torch.cat([film[:, frame], state], 1)).tanh()
        return state


class Made(nn.Module):
    """Noise beside the class of what is to be made."""

    def __init__(self):
        super().__init__()
        self.kind, self.layer = nn.Embedding(10, 6), nn.Linear(6 + 20, 8)

    def forward(self, noise, kind):
        return self.layer(torch.cat([noise, self.kind(kind)], 1))


class Added(nn.Module):
    """Rows of one group are added up; meta takes fractions for the groups too."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(9, 4)

    def forward(self, x, graph):
        y = self.layer(x)
        return torch.zeros(3, 4, device=y.device).index_add(0, graph, y)


class Volume(nn.Module):
    """Blocks of a volume, each with a learned position."""

    def __init__(self):
        super().__init__()
        self.blocks, self.place = nn.Conv3d(1, 8, 16, 16), nn.Parameter(torch.zeros(1, 8, 216))

    def forward(self, scan):
        return torch.cat([self.blocks(scan).flatten(2), self.place], 1)


class Rows(nn.Module):
    """A norm that would take sequences too, before a layer that takes rows."""

    def __init__(self):
        super().__init__()
        self.norm, self.layer, self.after = nn.BatchNorm1d(6), nn.Linear(6, 4), nn.BatchNorm1d(4)

    def forward(self, table):
        return self.after(self.layer(self.norm(table)))


class Windowed(nn.Module):
    """As many features as the search would take tokens, and a mask for fewer."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(128, 128)
        self.register_buffer("mask", torch.ones(48, 48).tril())

    def forward(self, x):
        _batch, _length, _width = x.shape
        y = self.layer(x)
        return (y @ y.transpose(1, 2)) * self.mask


class Halves(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(1, 1)

    def forward(self, z):
        left, right = z.chunk(2, dim=1)
        return torch.cat([left, right + self.first(left)], 1)


class Worded(nn.Module):
    """It says what it wants: in numbers beside those given, or that a size must be a multiple."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, image, row):
        if row.ndim < 2:
            raise ValueError("The input must be a batch of rows")
        if row.shape[-1] != 9:
            raise ValueError(f"The last axis must be as long as the list: x.shape[-1]={row.shape[-1]}, len(self)=9")
        if image.ndim == 4:
            assert image.shape[-1] % 64 == 0, "height and width must be multiples of 2**6"
        return self.conv(image).mean((2, 3)), row


class Asking(nn.Module):
    """A dict that is asked for an entry before it is read."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 4)

    def forward(self, batch):
        return self.layer(batch["rows"] if "rows" in batch else batch["columns"])


FOUND = {
    Volume: {"scan": (1, 1, 96, 96, 96)},
    Windowed: {"x": (1, 48, 128)},
    Halves: {"z": (1, 2)},
    Worded: {"image": (1, 3, 256, 256), "row": (1, 9)},
    Added: {"x": (1, 9), "graph": (1,)},
    Patches: {"series": (1, 132, 12)},
    Frames: {"film": (1, 16, 3, 224, 224)},
    Made: {"noise": (1, 20), "kind": (1,)},
    Looped: {"nodes": (32, 11), "edges": (2, 128), "features": (128, 7)},
    Checked: {"nodes": (32, 6), "edges": (2, 128), "graph": (32,)},
    Twins: {"left": (1, 1, 104, 104), "right": (1, 1, 104, 104)},
    Interleaved: {"wide": (1, 128, 17), "narrow": (1, 128, 1), "step": (1, 128)},
    Letters: {"letters": (1, 128, 16)},
    Columns: {"numbers": (1, 8), "kinds": (1, 16)},
    Noisy: {"x": (1, 2), "t": (1,)},
    Labelled: {"image": (1, 3, 224, 224), "label": (1,)},
    Series: {"x": (1, 128, 3)},
    Critic: {"state": (1, 16), "action": (1, 7)},
    Bare: {"x": (1, 12)},
    Heads: {"x": (1, 128, 64)},
}


def test_a_norm_that_takes_sequences_takes_rows_too():
    (table,) = from_module(Rows()).args
    assert tuple(table.shape) == (1, 6)


WHOLE = {"step", "letters", "kinds", "label", "edges", "graph", "kind"}


@pytest.mark.parametrize("kind", FOUND, ids=lambda kind: kind.__name__)
def test_arguments_are_found_with_which_forward_runs(kind):
    model = kind().train()
    subject = from_module(model)
    given = dict(zip(FOUND[kind], subject.args, strict=True))
    assert {name: tuple(tensor.shape) for name, tensor in given.items()} == FOUND[kind]
    assert {name for name, tensor in given.items() if not tensor.is_floating_point()} == WHOLE & given.keys()
    assert [told for told in subject.guesses if "; give --input" in told]
    model(*(torch.zeros(tensor.shape, dtype=tensor.dtype) for tensor in subject.args))
    assert model.training
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())


def test_half_precision_is_kept():
    subject = from_module(Noisy().to(torch.bfloat16))
    assert {tensor.dtype for tensor in subject.args} == {torch.bfloat16}


def network(forward, **layers):
    return type("Written", (nn.Module,), {"forward": forward, "__init__": lambda self: built(self, layers)})()


def built(module, layers):
    nn.Module.__init__(module)
    for name, layer in layers.items():
        module.add_module(name, layer)


def by_key(self, batch):
    return torch.cat([self.a(batch["image"]).mean((2, 3)), self.b(batch["words"]).mean(1)], -1)


def by_field(self, graph, scale):
    return self.a(graph.nodes) * scale


def unpacked(self, pair):
    left, right = pair
    return self.a(left) @ self.b(right).T


def edges(self, x, edge_index):
    source, target = edge_index
    x = self.a(x)
    return torch.zeros_like(x).index_add(0, target, x[source])


def packed(self, words, lengths):
    rows = nn.utils.rnn.pack_padded_sequence(self.a(words), lengths, batch_first=True, enforce_sorted=False)
    return nn.utils.rnn.pad_packed_sequence(self.b(rows)[0], batch_first=True)[0]


def wide():
    return {"a": nn.Linear(12, 8), "b": nn.Linear(20, 8)}


TAKEN_APART = {
    "dict": (by_key, {"a": nn.Conv2d(3, 8, 3), "b": nn.Embedding(9, 8)}, ["batch.image", "batch.words"]),
    "dict in a dict": (lambda self, b: self.a(b["in"]["x"]) + self.b(b["in"]["y"]), wide(), ["b.in.x", "b.in.y"]),
    "record": (by_field, wide(), ["graph", "scale"]),
    "places": (lambda self, xs: self.a(xs[0]) + self.b(xs[1]), wide(), ["xs.0", "xs.1"]),
    "pair": (unpacked, wide(), ["pair.0", "pair.1"]),
    "list of edges": (edges, wide(), ["x", "edge_index"]),
    "step": (lambda self, x, t: self.a(x) * torch.linspace(0, 1, 9)[t], wide(), ["x", "t"]),
    "cell": (lambda self, x, state: self.a(x, state), {"a": nn.LSTMCell(4, 6)}, ["x", "state.0", "state.1"]),
    "hidden": (lambda self, x, h: self.a(x, h), {"a": nn.GRU(4, 6, 2)}, ["x", "h"]),
    "packed": (packed, {"a": nn.Embedding(9, 8), "b": nn.GRU(8, 6, batch_first=True)}, ["words", "lengths"]),
}


@pytest.mark.parametrize("case", TAKEN_APART)
def test_an_argument_that_forward_takes_apart_is_found_with_its_parts(case):
    forward, layers, names = TAKEN_APART[case]
    record = trace(from_module(network(forward, **layers)))
    assert [name for name, _ in record.inputs] == names


def test_a_part_of_an_argument_is_given_by_the_way_to_it():
    module = network(by_key, a=nn.Conv2d(3, 8, 3), b=nn.Embedding(9, 8))
    given = [parse_input("batch.image:2,3,32,32"), parse_input("batch.words:2,5:int64")]
    record = trace(assemble(module, target="", title="", given=given))
    assert {name: record.tensors[tensor].shape for name, tensor in record.inputs} == {
        "batch.image": (2, 3, 32, 32),
        "batch.words": (2, 5),
    }


def test_what_is_not_found_is_asked_for():
    with pytest.raises(TargetError, match=r"needs path; only x is known(.|\n)*--input path:SHAPE"):
        load("tests/data/nets.py:TakesAPath")

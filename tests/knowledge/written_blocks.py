"""Equations of residual blocks, networks' wiring and losses, written out beside what a model or torch gives."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from tests.knowledge.written_attention import build
from tests.knowledge.written_mixers import Sides, define
from torch import Tensor, nn

from boardwork.targets import load


def library(target: str) -> nn.Module:
    """A library's model on the CPU, in evaluation, with random parameters."""
    model = load(target).module.to_empty(device="cpu").eval()
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_floating_point():
            nn.init.uniform_(tensor, 0.1, 0.3)
        else:
            nn.init.zeros_(tensor)
    return model


def flat(*tensors: Tensor) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


def part(target: str, path: str) -> nn.Module:
    return library(target).get_submodule(path)


def encoder_layer(norm_first: bool) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(16, 2, 32, 0.0, norm_first=norm_first, batch_first=True)


def mix(layer: nn.TransformerEncoderLayer, x: Tensor) -> Tensor:
    return layer.self_attn(x, x, x)[0]


def transform(layer: nn.TransformerEncoderLayer, x: Tensor) -> Tensor:
    return layer.linear2(layer.linear1(x).relu())


@define("pre_norm")
def pre_norm() -> Sides:
    layer, x = encoder_layer(True), torch.randn(2, 5, 16)
    middle = x + mix(layer, layer.norm1(x))
    return middle + transform(layer, layer.norm2(middle)), layer(x)


@define("post_norm")
def post_norm() -> Sides:
    layer, x = encoder_layer(False), torch.randn(2, 5, 16)
    middle = layer.norm1(x + mix(layer, x))
    return layer.norm2(middle + transform(layer, middle)), layer(x)


@define("sandwich_norm")
def sandwich_norm() -> Sides:
    """A norm before and behind each branch; and the block of Swin v2, which has none before."""
    model, x = build("attention", "Sandwich"), torch.randn(2, 16, 32)
    one, two, three, four = model.norms_used
    middle = x + two(model.mixer(one(x)))
    block, image = part("torchvision:swin_v2_t", "features.1.0"), torch.randn(1, 8, 8, 96)
    behind = image + block.norm1(block.attn(image))
    written = flat(middle + four(model.mlp(three(middle))), behind + block.norm2(block.mlp(behind)))
    return written, flat(model(x), block(image))


@define("parallel_block")
def parallel_block() -> Sides:
    model, x = build("attention", "SideBySide"), torch.randn(2, 16, 32)
    normed = F.layer_norm(x, (32,), model.one_norm.weight, model.one_norm.bias)
    return x + model.mixer(normed) + model.mlp(normed), model(x)


@define("residual")
def residual() -> Sides:
    """And its slope, where the last activation does not cut it off."""
    block, x = part("torchvision:resnet18", "layer1.0"), torch.rand(1, 64, 2, 2)

    def branch(x: Tensor) -> Tensor:
        return block.bn2(block.conv2(block.bn1(block.conv1(x)).relu()))

    slope, by_torch = (torch.func.jacrev(f)(x).reshape(256, 256) for f in (branch, block))
    return flat((x + branch(x)).relu(), torch.eye(256) + slope), flat(block(x), by_torch)


@define("layer_scale")
def layer_scale() -> Sides:
    block, x = part("torchvision:convnext_tiny", "features.1.0"), torch.randn(1, 96, 5, 5)
    return x + block.layer_scale * block.block(x), block(x)


@define("dense_connections")
def dense_connections() -> Sides:
    """Layer l reads all earlier maps, C_0 + l g channels."""
    model, image = build("convolution", "DenseNet"), torch.randn(1, 16, 6, 6)
    maps = [image]
    for number, layer in enumerate(model.dense_layers):
        joined = torch.cat(maps, 1)
        assert joined.shape[1] == 16 + number * 8
        thin = layer.thin_conv(layer.norm_one(joined).relu())
        maps.append(layer.wide_conv(layer.norm_two(thin).relu()))
    return torch.cat(maps, 1), model.dense_layers(image)


@define("encoder_skips")
def encoder_skips() -> Sides:
    model = library("example:unet(width=8, levels=2)")
    image = torch.randn(1, 3, 16, 16)
    e_0 = model.stem(image)
    e_1 = model.down[0](model.pool(e_0))
    d_1 = model.merge[0](torch.cat([e_1, model.up[0](model.down[1](model.pool(e_1)))], 1))
    return model.head(model.merge[1](torch.cat([e_0, model.up[1](d_1)], 1))), model(image)


@define("feature_pyramid")
def feature_pyramid() -> Sides:
    """Before the 3 x 3 convolution behind each level."""
    pyramid = part("torchvision:retinanet_resnet50_fpn", "backbone.fpn")
    for index in range(3):
        pyramid.layer_blocks[index] = nn.Identity()
    maps = {str(i): torch.randn(1, 256 * 2 ** (i + 1), 16 // 2**i, 16 // 2**i) for i in range(3)}
    p_2 = pyramid.inner_blocks[2](maps["2"])
    p_1 = pyramid.inner_blocks[1](maps["1"]) + p_2.repeat_interleave(2, 2).repeat_interleave(2, 3)
    p_0 = pyramid.inner_blocks[0](maps["0"]) + p_1.repeat_interleave(2, 2).repeat_interleave(2, 3)
    made = pyramid(maps)
    return flat(p_0, p_1, p_2), flat(*(made[name] for name in maps))


@define("fire")
def fire() -> Sides:
    block, x = part("torchvision:squeezenet1_0", "features.3"), torch.randn(1, 96, 5, 5)
    z = block.squeeze(x).relu()
    return torch.cat([block.expand1x1(z).relu(), block.expand3x3(z).relu()], 1), block(x)


@define("atrous_pyramid")
def atrous_pyramid() -> Sides:
    """The rows of an input that one output of a dilated convolution depends on."""
    sizes = [(3, 6), (3, 12), (5, 2)]
    spans = []
    for k, d in sizes:
        x = torch.zeros(1, 1, 80, requires_grad=True)
        F.conv1d(x, torch.ones(1, 1, k), dilation=d)[0, 0, 10].backward()
        rows = x.grad[0, 0].nonzero()
        spans.append(rows.max() - rows.min() + 1)
    return torch.tensor([d * (k - 1) + 1 for k, d in sizes]), torch.stack(spans)


@define("set_pooling")
def set_pooling() -> Sides:
    model, x = build("graph", "DeepSet"), torch.randn(2, 7, 8)
    one_by_one = torch.stack([model.each_element(x[:, i]) for i in (4, 2, 6, 0, 1, 3, 5)])
    return model.of_the_sum(one_by_one.sum(0)), model(x)


@define("learned_positions")
def learned_positions() -> Sides:
    model = library("example:nanogpt(width=16, heads=2, layers=1)")
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    seen: list[Tensor] = []
    first = next(module for module in model.modules() if isinstance(module, nn.LayerNorm))
    first.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    tokens = torch.tensor([[3, 1, 4, 1, 5]])
    model(tokens)
    words, places = sorted(tables, key=lambda table: -table.num_embeddings)
    return words.weight[tokens] + places.weight[:5], seen[0]


@define("positional_encoding")
def positional_encoding() -> Sides:
    """The sine of an even feature and the cosine of the odd one are the two parts of one complex wave."""
    model, tokens = build("habits", "Places"), torch.tensor([[3, 1, 4, 1]])
    x = model.table.weight[tokens[0]].clone()
    for t in range(4):
        for i in range(16):
            wave = torch.polar(torch.ones(()), t * torch.tensor(10000.0) ** (-2 * i / 32))
            x[t, 2 * i : 2 * i + 2] += torch.view_as_real(wave).flip(0)
    return model.layer(x[None]), model(tokens)


@define("swiglu")
def swiglu() -> Sides:
    model, x = build("experts", "GatedExpert", width=8, inner=12), torch.randn(2, 5, 8)
    gate, up, down = (layer.weight.T for layer in (model.gate_linear, model.up_linear, model.down_linear))
    return ((x @ gate) * torch.sigmoid(x @ gate) * (x @ up)) @ down, model(x)


@define("soft_mixture")
def soft_mixture() -> Sides:
    model, x = build("experts", "SoftExperts"), torch.randn(2, 10, 32)
    logits = x @ model.slot_table.flatten(1)
    z = (logits.softmax(1).mT @ x).unflatten(1, (4, 2))
    made = [F.gelu(z[:, e] @ model.first[e]) @ model.second[e] for e in range(4)]
    return logits.softmax(2) @ torch.cat(made, 1), model(x)


@define("message_passing")
def message_passing() -> Sides:
    model, nodes, features = build("graph", "EdgeMessages"), torch.randn(6, 24), torch.randn(9, 6)
    edges = torch.randint(6, (2, 9))
    total = torch.zeros(6, 32)
    for (u, v), feature in zip(edges.T.tolist(), features, strict=True):
        total[v] += model.message_net(torch.cat([nodes[u], nodes[v], feature]))
    return nodes + torch.stack([model.update_net(torch.cat(pair)) for pair in zip(nodes, total, strict=True)]), model(
        nodes, edges, features
    )


@define("codebook")
def codebook() -> Sides:
    model, z = build("generative", "Codebook", codes=12, width=4), torch.randn(1, 4, 3, 3)
    rows = z[0].flatten(1).T
    k = torch.cdist(rows, model.code_table.weight).argmin(1)
    return model.code_table.weight[k].T.view_as(z), model(z)


@define("gated_residual")
def gated_residual() -> Sides:
    model, x = build("mixing", "GatedDilated", width=8, gap=2), torch.randn(1, 8, 20)
    (w_f, w_g), (b_f, b_g) = model.both_conv.weight.chunk(2), model.both_conv.bias.chunk(2)
    past = F.pad(x, (2, 0))
    z = torch.tanh(F.conv1d(past, w_f, b_f, dilation=2)) * torch.sigmoid(F.conv1d(past, w_g, b_g, dilation=2))
    residual, skip = model(x)
    return model.out_conv(z), torch.cat([residual - x, skip], 1)


@define("capsule_routing")
def capsule_routing() -> Sides:
    """One sample, part by part."""
    model, image = build("image_and_sound", "Capsules"), torch.randn(1, 1, 13, 13)
    parts = model.squashed(model.part_conv(image).view(-1, 4))
    u = torch.einsum("ijab,ib->ija", model.votes[0], parts)
    b = torch.zeros(u.shape[:2])
    for _ in range(3):
        s = torch.einsum("ij,ija->ja", b.softmax(1), u)
        length = s.norm(dim=-1, keepdim=True)
        v = length**2 / (1 + length**2) * s / length
        b = b + torch.einsum("ija,ja->ij", u, v)
    return v.norm(dim=-1)[None], model(image)


@define("highway")
def highway() -> Sides:
    model, x = build("mixing", "Weighed", width=8), torch.randn(3, 8)
    gate = torch.sigmoid(x @ model.gate_layer.weight.T + model.gate_layer.bias)
    new = (x @ model.new_layer.weight.T + model.new_layer.bias).relu()
    return gate * new + (1 - gate) * x, model(x)


@define("token_choice")
def token_choice() -> Sides:
    """Token by token: the three best are worked on, the others pass."""
    model, x = build("arithmetic", "Depths"), torch.randn(1, 8, 16)
    scores = (x[0] @ model.router.weight.T).squeeze(-1)
    best = sorted(range(8), key=lambda place: -scores[place])[:3]
    rows = [row + (scores[i].sigmoid() * model.worker(row) if i in best else 0) for i, row in enumerate(x[0])]
    return torch.stack(rows)[None], model(x)


@define("neighbours")
def neighbours() -> Sides:
    """Point by point: the four at the least distance, the point itself among them."""
    model, x = build("graph", "Neighbours"), torch.randn(1, 12, 6)
    rows = []
    for point in x[0]:
        near = sorted(x[0], key=lambda other: float((other - point).square().sum()))[:4]
        rows.append(torch.stack([model.pairs(torch.cat([point, other - point])) for other in near]).amax(0))
    return model.share(torch.stack(rows))[None, :, 0], model(x)


@define("path_sums")
def path_sums() -> Sides:
    """Every path by itself, 5^4 of them."""
    model, x = build("arithmetic", "Paths"), torch.randn(1, 4, 16)
    tags, paths = model.marks(x)[0], torch.cartesian_prod(*[torch.arange(5)] * 4)
    own = tags[torch.arange(4), paths].sum(1)
    return (own + model.moves[paths[:, :-1], paths[:, 1:]].sum(1)).logsumexp(0)[None], model(x)


@define("log_scan")
def log_scan() -> Sides:
    """Step by step."""
    model, x = build("arithmetic", "InLogarithms"), torch.randn(2, 9, 16)
    gate, state, states = torch.sigmoid(model.opening(x)), torch.zeros(2, 16), []
    for t in range(9):
        state = (1 - gate[:, t]) * state + gate[:, t] * (model.candidate(x[:, t]).abs() + 1e-6)
        states.append(state)
    return model.answer(torch.stack(states, 1)), model(x)


@define("mixture_density")
def mixture_density() -> Sides:
    shares, means, deviations = torch.rand(4).softmax(0), torch.randn(4, 2), torch.rand(4, 2) + 0.5
    y = torch.randn(2)
    bells = torch.exp(-(((y - means) / deviations) ** 2) / 2) / (deviations * (2 * torch.pi) ** 0.5)
    make = torch.distributions
    mixture = make.MixtureSameFamily(make.Categorical(shares), make.Independent(make.Normal(means, deviations), 1))
    return (shares * bells.prod(-1)).sum(), mixture.log_prob(y).exp()

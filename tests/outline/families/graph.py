"""Message passing over lists of edges as people write it, and networks on sets of points, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SparseGCN(nn.Module):
    """Degrees counted, messages weighted by both degrees and added up."""

    def __init__(self, arriving: int = 24, leaving: int = 16) -> None:
        super().__init__()
        self.only_linear, self.own_bias = (
            nn.Linear(arriving, leaving, bias=False),
            nn.Parameter(torch.zeros(leaving)),
        )

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        source, target = edges
        degree = torch.zeros(nodes.shape[0]).index_add(0, target, torch.ones(target.shape[0]))
        scale = degree.clamp(min=1).pow(-0.5)
        y = self.only_linear(nodes)
        messages = y[source] * (scale[source] * scale[target])[:, None]
        return torch.zeros_like(y).index_add_(0, target, messages) + self.own_bias


class TwoSparseLayers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer_one, self.layer_two = SparseGCN(24, 32), SparseGCN(32, 7)

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        return self.layer_two(F.relu(self.layer_one(nodes, edges)), edges)


class GraphAttention(nn.Module):
    """GAT: a score an edge, a softmax over the edges that arrive at a node."""

    def __init__(self, arriving: int = 24, leaving: int = 8, heads: int = 4) -> None:
        super().__init__()
        self.head_count, self.head_width = heads, leaving
        self.only_linear = nn.Linear(arriving, heads * leaving, bias=False)
        self.score_source = nn.Parameter(torch.randn(1, heads, leaving))
        self.score_target = nn.Parameter(torch.randn(1, heads, leaving))

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        source, target = edges[0], edges[1]
        y = self.only_linear(nodes).view(-1, self.head_count, self.head_width)
        one, two = (y * self.score_source).sum(-1), (y * self.score_target).sum(-1)
        scores = F.leaky_relu(one[source] + two[target], 0.2)
        scores = torch.exp(scores - scores.max())
        total = torch.zeros(nodes.shape[0], self.head_count).index_add(0, target, scores)
        shares = scores / (total[target] + 1e-16)
        messages = y[source] * shares.unsqueeze(-1)
        return torch.zeros_like(y).index_add(0, target, messages).flatten(1)


class MeanNeighbours(nn.Module):
    """GraphSAGE: the mean of the neighbours, and the node itself."""

    def __init__(self, arriving: int = 24, leaving: int = 16) -> None:
        super().__init__()
        self.own_linear = nn.Linear(arriving, leaving)
        self.neighbour_linear = nn.Linear(arriving, leaving, bias=False)

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        source, target = edges
        total = torch.zeros_like(nodes).scatter_add_(
            0, target[:, None].expand(-1, nodes.shape[1]), nodes.index_select(0, source)
        )
        count = torch.zeros(nodes.shape[0], 1).index_add_(0, target, torch.ones(target.shape[0], 1))
        return F.relu(self.own_linear(nodes) + self.neighbour_linear(total / count.clamp(min=1)))


class Isomorphism(nn.Module):
    """GIN: the sum of the neighbours plus (1 + eps) times the node, through a network."""

    def __init__(self, arriving: int = 24, inner: int = 32) -> None:
        super().__init__()
        self.own_share = nn.Parameter(torch.zeros(1))
        self.network = nn.Sequential(nn.Linear(arriving, inner), nn.ReLU(), nn.Linear(inner, arriving))

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        total = torch.zeros_like(nodes).index_add(0, edges[1], nodes[edges[0]])
        return self.network((1 + self.own_share) * nodes + total)


class EdgeMessages(nn.Module):
    """A message network on both ends of an edge and its features; an update network on the sum."""

    def __init__(self, width: int = 24, features: int = 6) -> None:
        super().__init__()
        self.message_net = nn.Sequential(nn.Linear(2 * width + features, 32), nn.ReLU(), nn.Linear(32, 32))
        self.update_net = nn.Sequential(nn.Linear(width + 32, 32), nn.ReLU(), nn.Linear(32, width))

    def forward(self, nodes: Tensor, edges: Tensor, features: Tensor) -> Tensor:
        source, target = edges
        messages = self.message_net(torch.cat([nodes[source], nodes[target], features], dim=-1))
        total = torch.zeros(nodes.shape[0], messages.shape[1]).index_add(0, target, messages)
        return nodes + self.update_net(torch.cat([nodes, total], dim=-1))


class PointSet(nn.Module):
    """PointNet: one network for every point, the maximum over all points."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.each_point = nn.Sequential(nn.Conv1d(3, 32, 1), nn.ReLU(), nn.Conv1d(32, 64, 1), nn.ReLU())
        self.last_layers = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, classes))

    def forward(self, points: Tensor) -> Tensor:
        return self.last_layers(self.each_point(points).max(dim=-1)[0])


class DeepSet(nn.Module):
    """One network for every element, their sum, another network."""

    def __init__(self) -> None:
        super().__init__()
        self.each_element = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32))
        self.of_the_sum = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, elements: Tensor) -> Tensor:
        return self.of_the_sum(self.each_element(elements).sum(dim=1))


NODES, EDGES = torch.zeros(20, 24), torch.zeros(2, 60, dtype=torch.long)


def _with_loops(edges: Tensor, count: int) -> Tensor:
    """Edges of a node to itself are taken out, then one is put in for every node."""
    loops = torch.arange(count).view(1, -1).repeat(2, 1)
    return torch.cat([edges[:, edges[0] != edges[1]], loops], dim=1)


class LibraryGCN(nn.Module):
    """As graph libraries write it: self loops, a mask for nodes without neighbours, indices stretched to the values."""

    def __init__(self) -> None:
        super().__init__()
        self.only_linear = nn.Linear(24, 16, bias=False)

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        source, target = _with_loops(edges, nodes.size(0))
        weight = nodes.new_ones(target.size(0))
        scale = nodes.new_zeros(nodes.size(0)).scatter_add_(0, target, weight).pow_(-0.5)
        scale = scale.masked_fill_(scale == float("inf"), 0)
        y = self.only_linear(nodes)
        messages = (scale[source] * weight * scale[target]).view(-1, 1) * y.index_select(0, source)
        into = target.view(-1, 1).expand_as(messages)
        return messages.new_zeros(nodes.size(0), 16).scatter_add_(0, into, messages)


class LibraryAttention(nn.Module):
    """GAT with a softmax that takes the largest score of a node off, over the mean of the heads."""

    def __init__(self, heads: int = 4, leaving: int = 8) -> None:
        super().__init__()
        self.heads, self.leaving = heads, leaving
        self.only_linear = nn.Linear(24, heads * leaving, bias=False)
        self.score_source = nn.Parameter(torch.randn(1, heads, leaving))
        self.score_target = nn.Parameter(torch.randn(1, heads, leaving))

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        source, target = _with_loops(edges, nodes.size(0))
        y = self.only_linear(nodes).view(-1, self.heads, self.leaving)
        one, two = (y * self.score_source).sum(dim=-1), (y * self.score_target).sum(-1)
        scores = F.leaky_relu(one.index_select(0, source) + two.index_select(0, target), 0.2)
        into = target.view(-1, 1).expand_as(scores)
        most = scores.new_zeros(nodes.size(0), self.heads).scatter_reduce_(0, into, scores.detach(), "amax")
        scores = (scores - most.index_select(0, target)).exp()
        total = scores.new_zeros(nodes.size(0), self.heads).scatter_add_(0, into, scores) + 1e-16
        messages = (scores / total.index_select(0, target)).unsqueeze(-1) * y.index_select(0, source)
        into = target.view(-1, 1, 1).expand_as(messages)
        return messages.new_zeros(nodes.size(0), self.heads, self.leaving).scatter_add_(0, into, messages).mean(dim=1)


class WholeGraphs(nn.Module):
    """Neighbours added up, a network, then the mean over the nodes of each graph."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(24, 32), nn.ReLU(), nn.Linear(32, 32))
        self.answer = nn.Linear(32, 3)

    def forward(self, nodes: Tensor, edges: Tensor, graph: Tensor) -> Tensor:
        y = self.network(nodes + torch.zeros_like(nodes).index_add_(0, edges[1], nodes[edges[0]]))
        graphs, into = 4, graph.view(-1, 1).expand_as(y)
        count = y.new_zeros(graphs).scatter_add_(0, graph, y.new_ones(len(y))).clamp(min=1)
        return self.answer(y.new_zeros(graphs, 32).scatter_add_(0, into, y) / count.view(-1, 1))


class Neighbours(nn.Module):
    """EdgeConv: every point chooses those nearest to it, by distances that are written out; one score a point."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs, self.share = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 16)), nn.Linear(16, 1)

    def forward(self, points: Tensor) -> Tensor:
        squares = points.square().sum(-1, keepdim=True)
        near = (2 * points @ points.mT - squares - squares.mT).topk(4, dim=-1)[1]
        batch = torch.arange(len(points), device=points.device)[:, None, None]
        centre = points[:, :, None].expand(-1, -1, 4, -1)
        found = self.pairs(torch.cat([centre, points[batch, near] - centre], -1)).amax(2)
        return self.share(found)[..., 0]


EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "sparse_gcn": (TwoSparseLayers, (NODES, EDGES)),
    "graph_attention": (GraphAttention, (NODES, EDGES)),
    "mean_neighbours": (MeanNeighbours, (NODES, EDGES)),
    "isomorphism": (Isomorphism, (NODES, EDGES)),
    "edge_messages": (EdgeMessages, (NODES, EDGES, torch.zeros(60, 6))),
    "library_gcn": (LibraryGCN, (NODES, EDGES)),
    "library_attention": (LibraryAttention, (NODES, EDGES)),
    "whole_graphs": (WholeGraphs, (NODES, EDGES, torch.zeros(20, dtype=torch.int64))),
    "point_set": (PointSet, (torch.zeros(2, 3, 50),)),
    "deep_set": (DeepSet, (torch.zeros(2, 12, 8),)),
    "neighbours": (Neighbours, (torch.zeros(2, 12, 6),)),
}

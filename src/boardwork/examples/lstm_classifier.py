"""Tokens (batch, seq_len) -> one score a class: the last hidden state of an LSTM sums the text up."""

from torch import Tensor, nn


class LSTMClassifier(nn.Module):
    def __init__(self, vocabulary: int = 20_000, width: int = 128, hidden: int = 256, classes: int = 2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, hidden, batch_first=True)
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        _, (hidden, _) = self.lstm(self.embedding(tokens))
        scores: Tensor = self.classifier(hidden[-1])
        return scores

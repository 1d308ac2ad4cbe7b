"""Gated attention pooling: features as weighted means of tokens."""

import torch
from torch import Tensor, nn


class GatedAttentionPooling(nn.Module):
    """Means of tokens, weighted by gated attention (Ilse, Tomczak and Welling, ICML 2018), one per head.

    The weights of a head are the softmax over tokens of W (tanh(V x) * gelu(U x)); dropout comes before V and
    U, as in SubCell's training.

    Parameters
    ----------
    width
        Length D of a token.
    hidden
        Outputs of V and U.
    heads
        Number of heads.
    dropout
        Part of the tokens' numbers dropped in training.
    """

    def __init__(self, width: int, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.content = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, hidden), nn.Tanh())
        self.gate = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, hidden), nn.GELU())
        self.attention = nn.Linear(hidden, heads)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Pool tokens (N, T, D).

        Returns
        -------
        features, attention
            (N, heads * D), the heads' means one after the other; (N, heads, T), which add up to 1 over T.
        """
        scores = self.attention(self.content(tokens) * self.gate(tokens))
        attention = scores.transpose(1, 2).softmax(dim=-1)
        return torch.bmm(attention, tokens).flatten(1), attention

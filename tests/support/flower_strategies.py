"""Flower's own aggregation, in floats, over integer updates: what the integer stages are compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from andel.training.flower import Array, ArrayRecord, Message, MetricRecord, RecordDict
from andel.training.grid import LocalGrid
from andel.training.integer_mlp import IntArray

# isort: split
from flwr.serverapp.strategy import FedAvg, FedMedian, Krum, MultiKrum  # after training.flower has set what it reads

__all__ = ["FedAvg", "FedMedian", "Krum", "MultiKrum", "aggregated_by_flower"]


def aggregated_by_flower(strategy: FedAvg, updates: IntArray, weights: Sequence[int] | None = None) -> np.ndarray:
    """What the strategy makes of updates (n, parameters), each a reply of its own; weights are equal where none given."""
    given = [1] * len(updates) if weights is None else list(weights)
    replies = [_reply(update, weight, node) for node, (update, weight) in enumerate(zip(updates, given, strict=True))]
    arrays, _ = strategy.aggregate_train(1, replies)
    assert arrays is not None
    return arrays.to_numpy_ndarrays()[0]


def _reply(update: IntArray, weight: int, node: int) -> Message:
    record = ArrayRecord({"update": Array(np.asarray(update, np.float64))})
    metrics = MetricRecord({"num-examples": weight})
    question = LocalGrid([]).create_message(RecordDict(), "train", node + 1, "1")
    return Message(RecordDict({"arrays": record, "metrics": metrics}), reply_to=question)

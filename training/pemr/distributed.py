"""Several processes that train as one, each with its share of every batch. `torchrun` starts them, on any machines.

Every process computes the loss of the whole batch from what it gathers, and the gradients of all are averaged
(DistributedDataParallel), so a collective adds up, on the way back, what every process asks of it: the result is the
gradient one process would have found alone. Without `torchrun` all functions here return what they were given.
"""

from __future__ import annotations

import os
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def processes() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of them this one is, from 0."""
    return dist.get_rank() if processes() > 1 else 0


def started_as_leader() -> bool:
    """Whether this process writes files and speaks; known before the processes have met."""
    return int(os.environ.get("RANK", "0")) == 0


def starts_on_its_machine() -> bool:
    """Whether this process is the first on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0")) == 0


def own_rows(rows: Tensor) -> Tensor:
    """The rows of this process out of the rows of the whole batch."""
    share = len(rows) // processes()
    return rows[rank() * share : (rank() + 1) * share]


def highest(number: int) -> int:
    """The highest of the numbers of all processes."""
    if processes() == 1:
        return number
    value = torch.tensor(number, device=_collective_device())
    dist.all_reduce(value, dist.ReduceOp.MAX)
    return int(value)


def total(number: float) -> float:
    """The sum of the numbers of all processes."""
    if processes() == 1:
        return number
    value = torch.tensor(number, dtype=torch.float32, device=_collective_device())
    dist.all_reduce(value)
    return float(value)


def gather(rows: Tensor) -> Tensor:
    """Rows (B, D) of this process -> float32 rows (processes * B, D) of all, in the order of the whole batch."""
    if processes() == 1:
        return rows
    return torch.as_tensor(_Gather.apply(at_least_float32(rows)))


def weighted_mean(value: Tensor, weight: Tensor | float) -> Tensor:
    """The mean over all processes of a mean over `weight` entries of each: the mean over all entries."""
    if processes() == 1:
        return value
    share = torch.as_tensor(weight, dtype=value.dtype, device=value.device)
    return gather((value * share).reshape(1)).sum() / gather(share.reshape(1)).sum()


def at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


class BatchNorm2d(nn.BatchNorm2d):
    """Batch norm by the mean and variance of the whole batch, wherever its rows are."""

    def forward(self, input: Tensor) -> Tensor:
        if self.training and processes() > 1:
            return _normalised_by_all(self, input)
        return super().forward(input)


class BatchNorm1d(nn.BatchNorm1d):
    """As `BatchNorm2d`, for (B, C) and (B, C, T)."""

    def forward(self, input: Tensor) -> Tensor:
        if self.training and processes() > 1:
            return _normalised_by_all(self, input)
        return super().forward(input)


def _normalised_by_all(norm: nn.BatchNorm1d | nn.BatchNorm2d, x: Tensor) -> Tensor:
    """What torch's batch norm would give for the whole batch, running statistics included."""
    y, mean, variance = _NormalisedByAll.apply(x, norm.weight, norm.bias, norm.eps)
    count = x.numel() // x.shape[1] * processes()
    momentum = 0.0 if norm.momentum is None else norm.momentum
    with torch.no_grad():
        torch.as_tensor(norm.running_mean).lerp_(mean, momentum)
        torch.as_tensor(norm.running_var).lerp_(variance * (count / (count - 1)), momentum)
        torch.as_tensor(norm.num_batches_tracked).add_(1)
    return torch.as_tensor(y)


class _NormalisedByAll(torch.autograd.Function):
    """Ioffe and Szegedy 2015 with sums over all processes, forward and back. The processes hold equally many rows."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
        own_variance, own_mean = torch.var_mean(at_least_float32(x), dim=_all_but_channels(x), correction=0)
        means, variances = _gathered(torch.stack([own_mean, own_variance])[None]).unbind(dim=1)
        mean = means.mean(dim=0)
        variance = (variances + (means - mean).square()).mean(dim=0)
        y = nn.functional.batch_norm(x, mean, variance, weight, bias, training=False, eps=epsilon)
        ctx.save_for_backward(x, weight, mean, (variance + epsilon).rsqrt())
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, Tensor, Tensor, None]:
        x, weight, mean, scale = ctx.saved_tensors
        axes, shape = _all_but_channels(x), (1, -1, *[1] * (x.dim() - 2))
        dy = at_least_float32(gradients[0])
        normalised = (at_least_float32(x) - mean.view(shape)) * scale.view(shape)
        d_bias, d_weight = dy.sum(axes), (dy * normalised).sum(axes)
        sums = torch.stack([d_bias, d_weight])
        dist.all_reduce(sums)
        mean_dy, mean_dy_normalised = sums / (x.numel() // x.shape[1] * processes())
        dx = dy - mean_dy.view(shape) - normalised * mean_dy_normalised.view(shape)
        return (dx * (scale * weight).view(shape)).to(x.dtype), d_weight, d_bias, None


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        return _gathered(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Tensor:
        gradient = gradients[0].contiguous()
        dist.all_reduce(gradient)
        return own_rows(gradient)


def _gathered(rows: Tensor) -> Tensor:
    parts = [torch.empty_like(rows, memory_format=torch.contiguous_format) for _ in range(processes())]
    dist.all_gather(parts, rows.contiguous())
    return torch.cat(parts)


def _all_but_channels(x: Tensor) -> list[int]:
    return [0, *range(2, x.dim())]


def _collective_device() -> torch.device:
    """Where the tensors of a collective have to be."""
    return torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")

"""Every method keeps the contract: finite terms, a total that trains the encoder, the same from the same state."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from pemr.build import build_method, segment_encoder
from pemr.losses import cosine_loss, nt_xent_loss, queue_loss
from pemr.methods.contract import Method
from pemr.methods.moco import Moco
from pemr.recipe import load_recipe

# recipes by name: one a method and variant
METHODS = ["default", "no-mask", "positive-mask", "simclr", "byol", "moco", "moco-v1", "clmr"]


def build(name: str) -> Method:
    torch.manual_seed(1)
    return build_method(load_recipe(name, ["moco.queue_length=16"]))


def views(name: str = "default", seed: int = 3) -> tuple[Tensor, Tensor]:
    """Two views of four clips, as the front of the method would make them."""
    generator = torch.Generator().manual_seed(seed)
    shape = (4, 59_049) if name == "clmr" else (4, 128, 64)
    first = torch.randn(shape, generator=generator)
    return first, first + 0.1 * torch.randn(shape, generator=generator)


@pytest.mark.parametrize("name", METHODS)
def test_a_step_gives_finite_terms_and_moves_the_encoder(name: str) -> None:
    method = build(name).train()
    optimizer = torch.optim.Adam(method.parameters(), lr=1e-3)
    convolutions = [weight for weight in method.encoder.parameters() if weight.dim() > 2]
    before = [weight.detach().clone() for weight in convolutions]
    terms = method(*views(name), torch.Generator().manual_seed(1))
    assert all(math.isfinite(value.item()) for value in terms.values())
    terms["total"].backward()
    optimizer.step()
    method.after_step()
    assert not any(torch.equal(now, then) for now, then in zip(convolutions, before, strict=True))


@pytest.mark.parametrize("name", METHODS)
def test_a_method_restored_from_its_state_goes_on_the_same(name: str) -> None:
    method = build(name).train()
    method(*views(name, 1), torch.Generator().manual_seed(1))
    other = build(name).train()
    other.load_state_dict(method.state_dict())
    results = []
    for each in (method, other):
        torch.manual_seed(5)
        results.append(each(*views(name, 2), torch.Generator().manual_seed(2))["total"])
    assert torch.equal(*results)


@pytest.mark.parametrize("name", METHODS)
def test_an_encoder_behind_its_front_end_takes_samples_to_512_numbers(name: str) -> None:
    front_end = load_recipe(name).front_end
    encoder = segment_encoder(build(name), front_end).eval()
    samples = torch.randn(2, front_end.segment_samples, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        embeddings = encoder(samples)
        assert embeddings.shape == (2, 512)
        torch.testing.assert_close(encoder(samples[1:]), embeddings[1:])


@pytest.mark.parametrize("name", ["byol", "moco"])
def test_the_slow_copy_moves_by_its_momentum_and_has_no_gradient(name: str) -> None:
    method = build(name)
    slow = method.get_submodule("slow_head").get_parameter("out.weight")
    fast = method.get_submodule("head").get_parameter("out.weight")
    before = slow.clone()
    with torch.no_grad():
        fast.add_(1.0)
    method.after_step()
    momentum = method.settings.momentum
    torch.testing.assert_close(slow, before + (1 - momentum))
    assert not slow.requires_grad


def test_the_versions_of_moco_differ_in_head_temperature_and_augmentation() -> None:
    assert isinstance(build("moco-v1").get_submodule("head"), torch.nn.Linear)
    first, second = load_recipe("moco-v1"), load_recipe("moco")
    assert (first.moco.temperature, second.moco.temperature) == (0.07, 0.2)
    assert (first.augmentation.pitch, second.augmentation.pitch) == (0.0, 0.6)


def test_the_newest_keys_stand_first_in_the_queue() -> None:
    method = build("moco")
    assert isinstance(method, Moco)
    before = method.queue.clone()
    method(*views(), torch.Generator().manual_seed(1))
    assert method.queue.shape == before.shape
    assert torch.equal(method.queue[4:], before[:-4])
    torch.testing.assert_close(method.queue[:4].norm(dim=1), torch.ones(4))


def test_nt_xent_is_the_formula() -> None:
    generator = torch.Generator().manual_seed(1)
    first, second = torch.randn(3, 5, generator=generator), torch.randn(3, 5, generator=generator)
    z = torch.nn.functional.normalize(torch.cat([first, second]), dim=1)
    by_hand = 0.0
    for i in range(6):
        partner = (i + 3) % 6
        others = sum(math.exp(float(z[i] @ z[j]) / 0.5) for j in range(6) if j != i)
        by_hand -= math.log(math.exp(float(z[i] @ z[partner]) / 0.5) / others) / 6
    assert float(nt_xent_loss(first, second, 0.5)) == pytest.approx(by_hand, rel=1e-5)


def test_cosine_loss_is_zero_for_the_same_direction_and_four_for_the_opposite() -> None:
    z = torch.randn(4, 6, generator=torch.Generator().manual_seed(1))
    assert float(cosine_loss(z, 3 * z)) == pytest.approx(0.0, abs=1e-6)
    assert float(cosine_loss(z, -z)) == pytest.approx(4.0)


def test_queue_loss_is_small_when_the_key_is_found_and_large_when_another_fits_better() -> None:
    key, queue = torch.eye(8)[:4], torch.eye(8)[4:]
    found = float(queue_loss(key, key, queue, 0.2))
    assert found == pytest.approx(math.log(1 + 4 * math.exp(-5.0)), rel=1e-4)
    assert float(queue_loss(queue, key, queue, 0.2)) > 4.0

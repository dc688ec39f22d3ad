"""Where bfloat16 is computed, and where it is left alone."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch

from automask.sam.device import autocast, dtype_of

CPU = torch.device("cpu")


def product_dtype(device: torch.device) -> torch.dtype:
    """What a product of float32 matrices comes out as under autocast."""
    with autocast(device):
        return (torch.ones(2, 2) @ torch.ones(2, 2)).dtype


def test_a_processor_with_bfloat16_instructions_computes_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert product_dtype(CPU) == torch.bfloat16


def test_a_processor_without_them_stays_with_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert product_dtype(CPU) == torch.float32


def test_a_torch_that_cannot_tell_stays_with_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    assert product_dtype(CPU) == torch.float32


def test_an_apple_gpu_stays_with_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert isinstance(autocast(torch.device("mps")), nullcontext)


@pytest.mark.parametrize("native", [True, False])
def test_an_nvidia_gpu_is_asked_for_what_it_does_not_emulate(
    monkeypatch: pytest.MonkeyPatch, native: bool
) -> None:
    def is_bf16_supported(including_emulation: bool = True) -> bool:
        return native or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_bf16_supported)
    monkeypatch.setattr(torch.cuda.amp.common, "amp_definitely_not_available", lambda: False)
    assert isinstance(autocast(torch.device("cuda")), torch.autocast) is native


@pytest.mark.parametrize("native", [True, False])
def test_auto_precision_is_bfloat16_only_where_that_is_fast(
    monkeypatch: pytest.MonkeyPatch, native: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native)
    assert dtype_of("auto", CPU) == (torch.bfloat16 if native else torch.float32)


def test_float32_asked_for_is_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert dtype_of("float32", CPU) == torch.float32

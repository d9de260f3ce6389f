"""Which models can be had, and what is said of those that can't."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_models import tiny_decoder, tiny_encoder, tiny_tasks

from engine.model import base_model
from engine.model.base_model import (
    MINILM_PACKAGE,
    MINILM_SHA256,
    check_length,
    check_weights,
    model_source,
)
from engine.model.base_network import load_base
from engine.model.build_model import build_model
from tasks import Pool

has_minilm = importlib.util.find_spec(MINILM_PACKAGE) is not None
needs_minilm = pytest.mark.skipif(not has_minilm, reason=f"{MINILM_PACKAGE} is not installed")


def test_an_encoder_and_a_decoder_are_told_apart(tmp_path: Path) -> None:
    encoder = load_base(str(tiny_encoder(tmp_path / "e")))
    decoder = load_base(str(tiny_decoder(tmp_path / "d")))
    assert (encoder.is_decoder, decoder.is_decoder) == (False, True)
    for base in (encoder, decoder):
        assert {parameter.dtype for parameter in base.network.parameters()} == {torch.float32}


def test_loading_is_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tiny_encoder(tmp_path / "e")
    capfd.readouterr()
    load_base(str(folder))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (None, "does not exist"),
        ((), "holds no config.json"),
        (("config.json",), r"holds no \*.safetensors"),
        (("config.json", "pytorch_model.bin"), "weights only as pytorch_model.bin"),
    ],
)
def test_a_folder_that_is_no_model_is_refused(
    tmp_path: Path, files: tuple[str, ...] | None, message: str
) -> None:
    folder = tmp_path / "base"
    if files is not None:
        folder.mkdir()
    for name in files or ():
        (folder / name).write_text("{}")
    for look in (model_source, load_base):
        with pytest.raises(ValueError, match=message):
            look(str(folder))


def test_a_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="is not a folder"):
        model_source(str(tmp_path / "model.safetensors"))


def test_a_broken_model_is_one_clear_error(tmp_path: Path) -> None:
    folder = tiny_encoder(tmp_path / "e")
    (folder / "model.safetensors").write_bytes(b"not tensors")
    with pytest.raises(ValueError, match="could not be loaded"):
        load_base(str(folder))


def test_a_hub_model_that_is_not_there_offline_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="HF_HUB_OFFLINE"):
        load_base("nobody/no-such-model")
    model_source("nobody/no-such-model")


def test_an_encoder_decoder_is_refused(tmp_path: Path) -> None:
    folder = tiny_encoder(tmp_path / "e")
    config = {"model_type": "t5", "is_encoder_decoder": True}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="encoder-decoder"):
        load_base(str(folder))


def test_sequences_longer_than_the_network_reads_are_refused(tmp_path: Path) -> None:
    base = load_base(str(tiny_encoder(tmp_path / "e")))
    with pytest.raises(ValueError, match="at most 128"):
        build_model(base, Pool(tiny_tasks()), max_length=129, seed=(0,))


def test_a_folder_says_how_much_it_reads_before_it_is_loaded(tmp_path: Path) -> None:
    folder = str(tiny_encoder(tmp_path / "e"))
    check_length(folder, 128, name="e")
    with pytest.raises(ValueError, match="129 tokens are more than 'e' can read; at most 128"):
        check_length(folder, 129, name="e")
    (tmp_path / "e" / "config.json").write_text('{"n_positions": 64}')
    with pytest.raises(ValueError, match="at most 64"):
        check_length(folder, 65, name="e")


@pytest.mark.parametrize("config", ["no json", "[3]", "{}", '{"n_positions": null}'])
def test_a_folder_that_does_not_say_how_much_it_reads_is_left_to_loading(
    config: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(config)
    check_length(str(tmp_path), 8192, name="e")
    check_length("owner/name", 8192, name="owner/name")


@pytest.mark.parametrize("name", ["minilmm", "MiniLM", "minlm"])
def test_a_slip_of_minilm_is_answered_without_a_network(name: str) -> None:
    with pytest.raises(ValueError, match="Did you mean 'minilm'"):
        model_source(name)


@pytest.mark.parametrize("name", ["gpt2", "roberta-base", "m/minilm", "minilm-l6-h384"])
def test_a_hub_name_is_no_slip_of_minilm(name: str) -> None:
    assert model_source(name) == name


def test_checking_loads_no_torch() -> None:
    code = "import sys, engine.model.base_model; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_model, "MINILM_PACKAGE", "no_such_package_anywhere")
    with pytest.raises(ValueError, match=r"pip install 'sextant\[demo\]'"):
        model_source("minilm")


@needs_minilm
def test_minilm_is_checked_and_loaded_without_its_package_being_imported() -> None:
    model_source("minilm")
    base = load_base("minilm")
    assert not base.is_decoder
    assert sum(parameter.numel() for parameter in base.network.parameters()) > 20_000_000
    assert MINILM_PACKAGE not in sys.modules


@needs_minilm
def test_tampered_weights_are_refused(tmp_path: Path) -> None:
    tampered = tmp_path / "model.safetensors"
    shutil.copy(base_model.minilm_folder() / "model.safetensors", tampered)
    check_weights(tampered, expected=MINILM_SHA256)
    with tampered.open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)
        file.seek(50_000_000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(ValueError, match=f"expected sha256 {MINILM_SHA256}, got "):
        check_weights(tampered, expected=MINILM_SHA256)


def test_missing_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is missing"):
        check_weights(tmp_path / "model.safetensors", expected=MINILM_SHA256)

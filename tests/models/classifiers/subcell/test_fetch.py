import pickle
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from data.errors import InputError
from models.classifiers.backbones.backbone import create_backbone
from models.classifiers.backbones.settings import BackboneSettings
from models.classifiers.backbones.subcell.names import SubCellName, list_names
from models.classifiers.model_folder import read_classifier
from models.classifiers.subcell.catalogue import find_published
from models.classifiers.subcell.fetch import fetch_subcell, find_name
from models.classifiers.subcell.folder_files import find_files
from models.classifiers.subcell.listing import describe_subcell_weights
from models.classifiers.subcell.published_names import encoder_names, head_names

RYBG = SubCellName("rybg")


class Server(ThreadingHTTPServer):
    """Serves files on the loopback, and cuts the first answers where it is told to."""

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.cuts, self.requests = files, [], []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self):
        self._answer(0, None)

    def do_GET(self):
        self._answer(int((self.headers.get("Range") or "bytes=0-")[6:-1]), self._take_cut())

    def _take_cut(self):
        return self.server.cuts.pop(0) if self.server.cuts else None

    def _answer(self, start, cut):
        self.server.requests.append((self.command, self.path, self.headers.get("Range")))
        content = self.server.files.get(self.path.removeprefix("/"))
        if content is None:
            self.send_error(404)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[start:][:cut])
            self.close_connection = True

    def log_message(self, *_):
        """Write nothing."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server({}) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def refuse(match, *arguments, **keywords):
    with pytest.raises(InputError, match=match) as caught:
        fetch_subcell(*arguments, **keywords)
    assert "\n" not in str(caught.value)


def save(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        torch.save(content, folder / f"{name}.pth")


def test_every_published_entry_has_one_place():
    parts = [part for published in encoder_names().values() for part in published]
    assert len(parts) == len(set(parts)) == 204
    assert encoder_names()["backbone.transformer.blocks.3.attn.qkv.bias"][1] == (
        "encoder.encoder.layer.3.attention.attention.key.bias"
    )
    assert encoder_names()["backbone.pooling.content.1.weight"] == ("pool_model.attention_v.1.weight",)
    assert head_names(1)["head.members.1.6.bias"] == "6.bias"


@pytest.mark.parametrize(
    ("network", "training", "expected"),
    [
        ("subcell-rybg", None, "subcell-rybg"),
        ("subcell-bg", "vit-supcon", "subcell-bg-vit-supcon"),
        ("subcell-bg-vit-supcon", None, "subcell-bg-vit-supcon"),
        ("subcell-rbg", "mae-contrast-supcon", "subcell-rbg"),
        ("subcell-rbg-mae-contrast-supcon", None, "subcell-rbg"),
    ],
)
def test_names_and_trainings(network, training, expected):
    assert str(find_name(network, training)) == expected


@pytest.mark.parametrize(
    ("network", "training"),
    [
        ("subcell", None),
        ("subcell-gbr", None),
        ("subcell-bg", "other"),
        ("subcell-bg-vit-supcon", "mae-contrast-supcon"),
    ],
)
def test_other_names_are_refused(network, training):
    with pytest.raises(InputError, match=r"^weights: .*; expected"):
        find_name(network, training)


def test_addresses_are_those_of_the_published_list():
    published = find_published(SubCellName("ybg", "vit-supcon"))
    assert published.encoder == "ER-DNA-Protein_ViT-ProtS-Pool.pth"
    assert published.heads == (
        "ER-DNA-Protein_ViT_MLP_classifier/ER-DNA-Protein_ViT_MLP_classifier_seed_0.pth",
    )
    assert len({find_published(name).encoder for name in list_names()}) == 8


@pytest.mark.parametrize(
    ("place", "encoder", "heads"),
    [
        (".", "encoder", ["classifier_s0", "classifier_s1"]),
        (".", "encoder", ["classifier"]),
        ("rybg/mae_contrast_supcon_model", "encoder", ["classifier_s0"]),
        ("models/rybg/mae_contrast_supcon_model", "encoder", ["classifier_s0"]),
        (".", "all_channels_MAE-CellS-ProtS-Pool", ["all_channels_MAE_MLP_classifier_seed_0"]),
    ],
)
def test_files_are_found_by_all_their_names(tmp_path, place, encoder, heads):
    save(tmp_path / place, **dict.fromkeys([encoder, *heads], 1))
    found = find_files(find_published(RYBG), tmp_path)
    assert found[0].stem == encoder
    assert [path.stem for path in found[1]] == heads


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["classifier_s0"], r"no encoder\.pth"),
        (["encoder"], r"no classifier_s0\.pth"),
        (["encoder", "classifier_s1"], r"no classifier_s0\.pth"),
        (["encoder", "classifier_s0", "classifier_s2"], r"no classifier_s1\.pth"),
        (["encoder", "classifier_s0", "classifier"], r"both classifier\.pth and classifier_s0\.pth"),
    ],
)
def test_missing_and_doubtful_files_are_refused(store, tmp_path, files, message):
    save(tmp_path / "files", **dict.fromkeys(files, 1))
    refuse(message, RYBG, tmp_path / "files")
    refuse("no such folder", RYBG, tmp_path / "other")


def test_what_is_no_network_is_refused_and_nothing_kept(store, tmp_path):
    folder = tmp_path / "files"
    save(folder, encoder={"encoder.layernorm.bias": torch.zeros(768)}, classifier={})
    refuse("203 missing: .*expected the 204 entries of the encoder of subcell-rybg", RYBG, folder)
    (folder / "encoder.pth").write_bytes(b"damaged")
    refuse("encoder.pth: cannot be read", RYBG, folder)

    class Harm:
        def __reduce__(self):
            return print, ("harm",)

    (folder / "encoder.pth").write_bytes(pickle.dumps(Harm()))
    refuse("encoder.pth: ", RYBG, folder)
    assert list(store.iterdir()) == []


def test_the_network_s_answers_are_told(store, server):
    refuse(r"cannot be downloaded \(404 Not Found\).*--from DIR", RYBG, source_url=server.url)
    published = find_published(RYBG)
    server.files = dict.fromkeys((published.encoder, *published.heads), b"no weights" * 9000)
    server.cuts = [70_000]
    refuse("cannot be read", RYBG, source_url=server.url, pause_s=0)
    ranges = [asked for command, _, asked in server.requests if command == "GET"]
    assert ranges == [None, "bytes=65536-", None] or ranges == [None, "bytes=70000-", None]
    assert list(store.iterdir()) == []


def test_no_network_is_one_line(store, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    refuse("Connection refused.*weights fetch subcell-rybg --from DIR", RYBG, source_url="http://127.0.0.1:9")


@pytest.mark.slow
def test_weights_are_fetched_and_listed(shared, large_store, write_published, server):
    files = large_store.parent / "files"
    write_published(files, "bg", 1)
    published = find_published(SubCellName("bg"))
    server.files = {
        published.encoder: (files / "encoder.pth").read_bytes(),
        published.heads[0]: (files / "classifier_s0.pth").read_bytes(),
    }
    folder = fetch_subcell(SubCellName("bg"), source_url=server.url, pause_s=0)
    assert sorted(path.name for path in folder.iterdir()) == ["model.safetensors", "model.toml"]
    assert [path.name for path in large_store.iterdir()] == ["subcell-bg"]
    asked = len(server.requests)
    fetch_subcell(SubCellName("bg"), source_url=server.url)
    assert len(server.requests) == asked
    started = create_backbone(BackboneSettings(name="subcell-bg", pretrained="weights"), 2, 448, pooled=True)
    for name, weight in read_classifier(folder).backbone.state_dict().items():
        assert torch.equal(weight, started.state_dict()[name]), name
    listing = describe_subcell_weights()
    assert "subcell-bg: present" in listing
    assert "subcell-rybg: not present" in listing
    assert listing.count("licence   MIT") == 8


@pytest.mark.slow
def test_a_file_that_is_not_finite_is_refused(shared, large_store, write_published):
    files = large_store.parent / "files"
    write_published(files, "bg", 1)
    head = torch.load(files / "classifier_s0.pth", weights_only=True)
    head["3.bias"][7] = torch.nan
    torch.save(head, files / "classifier_s0.pth")
    refuse(r"classifier_s0.pth: 1 of the weights .* not a number", SubCellName("bg"), files)

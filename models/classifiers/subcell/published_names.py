"""What the entries of SubCell's published files are called there, and what they are called here."""

ENCODER_PREFIX = "backbone."


def encoder_names() -> dict[str, tuple[str, ...]]:
    """Return, for every entry of our backbone, the published entries that it is made of, in order."""
    names: dict[str, tuple[str, ...]] = {
        "transformer.cls_token": ("encoder.embeddings.cls_token",),
        "transformer.pos_embed": ("encoder.embeddings.position_embeddings",),
    }
    for ours, *published in _layers():
        for leaf in ("weight", "bias"):
            names[f"{ours}.{leaf}"] = tuple(f"{name}.{leaf}" for name in published)
    return {f"{ENCODER_PREFIX}{ours}": published for ours, published in names.items()}


def head_names(member: int) -> dict[str, str]:
    """Return, for every entry of one perceptron of our head, that of its classifier file."""
    # Layers are numbered alike: 0, 3 and 6, as activations and dropouts lie between.
    return {
        f"head.members.{member}.{layer}.{leaf}": f"{layer}.{leaf}"
        for layer in (0, 3, 6)
        for leaf in ("weight", "bias")
    }


def _layers() -> list[tuple[str, ...]]:
    """Return our name and the published names of every layer."""
    layers: list[tuple[str, ...]] = [
        ("transformer.patch_embed.proj", "encoder.embeddings.patch_embeddings.projection"),
        ("transformer.norm", "encoder.layernorm"),
        # Layer 1, as a dropout is layer 0.
        ("pooling.content.1", "pool_model.attention_v.1"),
        ("pooling.gate.1", "pool_model.attention_u.1"),
        ("pooling.attention", "pool_model.attention"),
    ]
    for block in range(12):
        ours, published = f"transformer.blocks.{block}", f"encoder.encoder.layer.{block}"
        parts = [f"{published}.attention.attention.{part}" for part in ("query", "key", "value")]
        layers += [
            (f"{ours}.norm1", f"{published}.layernorm_before"),
            (f"{ours}.attn.qkv", *parts),
            (f"{ours}.attn.proj", f"{published}.attention.output.dense"),
            (f"{ours}.norm2", f"{published}.layernorm_after"),
            (f"{ours}.mlp.fc1", f"{published}.intermediate.dense"),
            (f"{ours}.mlp.fc2", f"{published}.output.dense"),
        ]
    return layers

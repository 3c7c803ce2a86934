"""How Layer by Layer's released tables name models, and which of ours they mean."""

from typing import NamedTuple


class PublishedModel(NamedTuple):
    """A model that is described here and how its items were pooled."""

    name: str
    pooling: str


_NAMES = {
    ("bert", "base"): PublishedModel("bert-base-uncased", "mean"),
    ("bert", "large"): PublishedModel("bert-large-uncased", "mean"),
    ("bert_CLS", "base"): PublishedModel("bert-base-uncased", "cls"),
    ("roberta_CLS", "base"): PublishedModel("roberta-base", "cls"),
    ("roberta_mean_pooling", "base"): PublishedModel("roberta-base", "mean"),
    ("roberta_mean_pooling", "large"): PublishedModel("roberta-large", "mean"),
    ("Llama3", "8B"): PublishedModel("Llama-3-8B", "mean"),
    ("LLM2Vec-mntp", "8B"): PublishedModel("LLM2Vec-Llama-3-8B-mntp", "mean"),
    ("LLM2Vec-mntp-supervised", "8B"): PublishedModel("LLM2Vec-Llama-3-8B-mntp-supervised", "mean"),
    ("LLM2Vec-mntp-unsup-simcse", "8B"): PublishedModel(
        "LLM2Vec-Llama-3-8B-mntp-unsup-simcse", "mean"
    ),
    **{
        ("Pythia", size): PublishedModel(f"pythia-{size}", "mean")
        for size in ("14m", "70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b")
    },
    **{
        ("mamba", size): PublishedModel(f"mamba-{size}", "mean")
        for size in ("130m", "370m", "790m", "1.4b", "2.8b")
    },
    **{
        (f"gated_attention_{kind}", "1B"): PublishedModel(f"gated-attention-1B-{kind}", "mean")
        for kind in ("elementwise", "headwise")
    },
    **{
        (kind, size): PublishedModel(f"{kind}-{size}", "mean")
        for kind, sizes in (
            *((kind, ("base", "large")) for kind in ("vit", "mae", "beit", "dinov2", "clip")),
            ("aim", ("huge", "1B", "3B")),
        )
        for size in sizes
    },
}


def published_model(family: str, size: str) -> PublishedModel | None:
    """The model that a row means; None for one that nothing here describes."""
    return _NAMES.get((family, size))

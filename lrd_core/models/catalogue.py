"""One line a model: what is known about it without its weights. Adding a model is adding a line."""
# ruff: noqa: E501

from dataclasses import dataclass
from functools import partial

from lrd_core.settings import BASE_LM, DECODER, ENCODER, STATE_SPACE

_E5_QUERY = "query: "
_BGE_QUERY = "Represent this sentence for searching relevant passages: "


@dataclass(frozen=True)
class ModelSpec:
    """One model: where its weights are and what is known about it without them.

    `revisions` are training checkpoints, oldest first. `pooling` is one of mean, cls, lasttoken,
    weightedmean. `pack` names the Python package pack that holds the weights. `note` must be shown
    wherever the model's numbers appear. `sibling` is the registered base model it was tuned from.
    `bidirectional`: a decoder that its authors use without the causal mask. `modality`: the kind of
    items that the model reads; empty where only its files can tell.
    """

    name: str
    id: str
    family: str
    revision: str | None = None
    revisions: tuple[str, ...] = ()
    pooling: str | None = None
    prompt: str = ""
    licence: str = ""
    parameters: int | None = None
    num_blocks: int | None = None
    hidden_size: int | None = None
    max_length: int | None = None
    custom_code: bool = False
    panels: tuple[str, ...] = ()
    pack: str | None = None
    note: str = ""
    sibling: str | None = None
    bidirectional: bool = False
    modality: str = "text"


_encoder = partial(ModelSpec, family=ENCODER, panels=("lrd",), max_length=512)
_decoder = partial(
    ModelSpec, family=DECODER, panels=("lrd",), pooling="lasttoken", max_length=32768
)
_mistral = partial(
    _decoder, parameters=7110660096, num_blocks=32, hidden_size=4096, sibling="Mistral-7B-v0.1"
)
_base_lm = partial(ModelSpec, family=BASE_LM, pooling="lasttoken")
_lrd_lm = partial(_base_lm, panels=("lrd",))
_lbl_bert = partial(ModelSpec, family=ENCODER, panels=("lbl",), pooling="mean", max_length=512)
_base_shape = partial(_encoder, num_blocks=12, hidden_size=768)
_vision = partial(ModelSpec, family=ENCODER, pooling="mean", modality="image")
_patches = partial(_vision, num_blocks=12, hidden_size=768)
_speech = partial(ModelSpec, family=ENCODER, pooling="mean", modality="audio")
_waves = partial(_speech, num_blocks=12, hidden_size=768)
_large_shape = partial(_encoder, num_blocks=24, hidden_size=1024)

# fmt: off
_LRD_ENCODERS = (
    _encoder(name="all-MiniLM-L6-v2", id="sentence-transformers/all-MiniLM-L6-v2", revision="8b3219a92973c328a8e22fadcfa821b5dc75636a", pooling="mean", licence="apache-2.0", parameters=22713216, num_blocks=6, hidden_size=384, max_length=256, panels=("lrd", "pack"), pack="all-MiniLM-L6-v2"),
    _base_shape(name="all-mpnet-base-v2", id="sentence-transformers/all-mpnet-base-v2", revision="9a3225965996d404b775526de6dbfe85d3368642", pooling="mean", licence="apache-2.0", parameters=109486464, max_length=384, panels=("lrd", "pack"), pack="all-mpnet-base-v2"),
    _base_shape(name="bge-base-en-v1.5", id="BAAI/bge-base-en-v1.5", revision="a5beb1e3e68b9ab74eb54cfd186867f64f240e1a", pooling="cls", prompt=_BGE_QUERY, licence="mit", parameters=109482240),
    _large_shape(name="bge-large-en-v1.5", id="BAAI/bge-large-en-v1.5", revision="d4aa6901d3a41ba39fb536a557fa166f842b0e09", pooling="cls", prompt=_BGE_QUERY, licence="mit", parameters=335141888),
    _base_shape(name="e5-base-v2", id="intfloat/e5-base-v2", revision="1c644c92ad3ba1efdad3f1451a637716616a20e8", pooling="mean", prompt=_E5_QUERY, licence="mit", parameters=109482240),
    _large_shape(name="e5-large-v2", id="intfloat/e5-large-v2", revision="b322e09026e4ea05f42beadf4d661fb4e101d311", pooling="mean", prompt=_E5_QUERY, licence="mit", parameters=335141888),
    _base_shape(name="gte-base", id="thenlper/gte-base", revision="c078288308d8dee004ab72c6191778064285ec0c", pooling="mean", licence="mit", parameters=109482752),
    _large_shape(name="gte-large", id="thenlper/gte-large", revision="4bef63f39fcc5e2d6b0aae83089f307af4970164", pooling="mean", licence="mit", parameters=335142400),
    _large_shape(name="jina-embeddings-v3", id="jinaai/jina-embeddings-v3", revision="215a6e121fa0183376388ac6b1ae230326bfeaed", pooling="mean", licence="cc-by-nc-4.0", parameters=572310396, max_length=8192, custom_code=True, note="transformers reads jinaai/jina-embeddings-v3-hf without its code"),
    _large_shape(name="mxbai-embed-large-v1", id="mixedbread-ai/mxbai-embed-large-v1", revision="990580e27d329c7408b3741ecff85876e128e203", pooling="cls", prompt=_BGE_QUERY, licence="apache-2.0", parameters=335141888),
    _base_shape(name="nomic-embed-text-v1.5", id="nomic-ai/nomic-embed-text-v1.5", revision="b0753ae76394dd36bcfb912a46018088bca48be0", pooling="mean", prompt="search_query: ", licence="apache-2.0", parameters=136731648, max_length=2048, note="read by transformers' own code"),
    _large_shape(name="snowflake-arctic-embed-l", id="Snowflake/snowflake-arctic-embed-l", revision="9a9e5834d2e89cdd8bb72b64111dde496e4fe78c", pooling="cls", prompt=_BGE_QUERY, licence="apache-2.0", parameters=335141888),
    _base_shape(name="snowflake-arctic-embed-m-v2.0", id="Snowflake/snowflake-arctic-embed-m-v2.0", revision="f2a7d59d80dfda5b1d14f096f3ce88bb6bf9ebdc", pooling="cls", prompt=_E5_QUERY, licence="apache-2.0", parameters=305368320, max_length=8192, note="read by transformers' own code"),
)
_LRD_DECODERS = (
    _mistral(name="GritLM-7B", id="GritLM/GritLM-7B", revision="13f00a0e36500c80ce12870ea513846a066004af", pooling="mean", licence="apache-2.0", bidirectional=True),
    _mistral(name="Linq-Embed-Mistral", id="Linq-AI-Research/Linq-Embed-Mistral", revision="0c1a0b0589177079acc552433cad51d7c9132379", licence="cc-by-nc-4.0"),
    _decoder(name="Qwen3-Embedding-0.6B", id="Qwen/Qwen3-Embedding-0.6B", revision="b22da495047858cce924d27d76261e96be6febc0", licence="apache-2.0", parameters=595776512, num_blocks=28, hidden_size=1024),
    _decoder(name="Qwen3-Embedding-8B", id="Qwen/Qwen3-Embedding-8B", revision="4e423935c619ae4df87b646a3ce949610c66241c", licence="apache-2.0", parameters=7567295488, num_blocks=36, hidden_size=4096),
    _mistral(name="SFR-Embedding-2_R", id="Salesforce/SFR-Embedding-2_R", revision="91762139d94ed4371a9fa31db5551272e0b83818", licence="cc-by-nc-4.0"),
    _mistral(name="SFR-Embedding-Mistral", id="Salesforce/SFR-Embedding-Mistral", revision="938c560d1c236aa563b2dbdf084f28ab28bccb11", licence="cc-by-nc-4.0"),
    _mistral(name="Zeta-Alpha-E5-Mistral", id="zeta-alpha-ai/Zeta-Alpha-E5-Mistral", revision="c791d37474fa6a5c72eb3a2522be346bc21fbfc3", licence="mit"),
    _mistral(name="bge-en-icl", id="BAAI/bge-en-icl", revision="971c7e1445cc86656ca0bd85ed770b8675a40bb5", licence="apache-2.0"),
    _decoder(name="bge-multilingual-gemma2", id="BAAI/bge-multilingual-gemma2", revision="992e13d8984fde2c31ef8a3cb2c038aeec513b8a", licence="gemma", parameters=9241705984, num_blocks=42, hidden_size=3584, max_length=8192),
    _mistral(name="e5-mistral-7b-instruct", id="intfloat/e5-mistral-7b-instruct", revision="07163b72af1488142a360786df853f237b1a3ca1", licence="mit"),
    _decoder(name="gte-Qwen2-7B-instruct", id="Alibaba-NLP/gte-Qwen2-7B-instruct", revision="e26182b2122f4435e8b3ebecbf363990f409b45b", licence="apache-2.0", parameters=7069121024, num_blocks=28, hidden_size=3584, bidirectional=True),
    _mistral(name="NV-Embed-v2", id="nvidia/NV-Embed-v2", revision="7604d305b621f14095a1aa23d351674c2859553a", pooling="mean", licence="cc-by-nc-4.0", parameters=7850000000, custom_code=True),
)
_LRD_BASE_LMS = (
    _lrd_lm(name="Llama-3.2-1B", id="meta-llama/Llama-3.2-1B", revision="4e20de362430cd3b72f300e6b0f18e50e7166e08", licence="llama3.2", parameters=1235814400, num_blocks=16, hidden_size=2048, max_length=131072),
    _lrd_lm(name="Mistral-7B-v0.1", id="mistralai/Mistral-7B-v0.1", revision="7231864981174d9bee8c7687c24c8344414eae6b", licence="apache-2.0", parameters=7110660096, num_blocks=32, hidden_size=4096, max_length=32768),
    _lrd_lm(name="falcon-7b", id="tiiuae/falcon-7b", licence="apache-2.0", parameters=6921720704, num_blocks=32, hidden_size=4544, max_length=2048),
    _lrd_lm(name="gemma-2-2b", id="google/gemma-2-2b", revision="c5ebcd40d208330abc697524c919956e692655cf", licence="gemma", parameters=2614341888, num_blocks=26, hidden_size=2304, max_length=8192),
    _lrd_lm(name="gpt2", id="openai-community/gpt2", revision="607a30d783dfa663caf39e06633721c8d4cfcd7e", licence="mit", parameters=124439808, num_blocks=12, hidden_size=768, max_length=1024),
    _lrd_lm(name="gpt2-xl", id="openai-community/gpt2-xl", revision="15ea56dee5df4983c59b2538573817e1667135e2", licence="mit", parameters=1557611200, num_blocks=48, hidden_size=1600, max_length=1024),
)
_PYTHIA_STEPS = (1, 64, 128, 256, 512, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000)
_PYTHIA = (  # size, parameters without the head, blocks, width, revision of the final weights
    ("14m", 7628800, 6, 128, None),
    ("70m", 44670976, 6, 512, "a39f36b100fe8a5377810d56c3f4789b9c53ac42"),
    ("160m", 123689472, 12, 768, "50f5173d932e8e61f858120bcb800b97af589f46"),
    ("410m", 353822720, 24, 1024, "9879c9b5f8bea9051dcb0e68dff21493d67e9d4f"),
    ("1b", 908759040, 16, 2048, "f73d7dcc545c8bd326d8559c8ef84ffe92fea6b2"),
    ("1.4b", 1311625216, 24, 2048, "fedc38a16eea3bd36a96b906d78d11d2ce18ed79"),
    ("2.8b", 2646430720, 32, 2560, "2a259cdd96a4beb1cdf467512e3904197345f6a9"),
    ("6.9b", 6650732544, 32, 4096, None),
)
_MAMBA = (  # size, parameters, blocks, width, revision
    ("130m", 129135360, 24, 768, "1e76775f628fbf1350fbe4dbb3d971ba64af25a1"),
    ("370m", 371516416, 48, 1024, None),
    ("790m", 793204224, 48, 1536, None),
    ("1.4b", 1372178432, 48, 2048, None),
    ("2.8b", 2768345600, 64, 2560, None),
)
_LBL = (
    _lbl_bert(name="bert-base-uncased", id="google-bert/bert-base-uncased", revision="86b5e0934494bd15c9632b12f734a8a67f723594", licence="apache-2.0", parameters=109482240, num_blocks=12, hidden_size=768),
    _lbl_bert(name="bert-large-uncased", id="google-bert/bert-large-uncased", revision="6da4b6a26a1877e173fca3225479512db81a5e5b", licence="apache-2.0", parameters=335141888, num_blocks=24, hidden_size=1024),
    _lbl_bert(name="roberta-base", id="FacebookAI/roberta-base", revision="e2da8e2f811d1448a5b465c236feacd80ffbac7b", licence="mit", parameters=124645632, num_blocks=12, hidden_size=768),
    _lbl_bert(name="roberta-large", id="FacebookAI/roberta-large", licence="mit", parameters=355359744, num_blocks=24, hidden_size=1024),
    _base_lm(name="Llama-3-8B", id="meta-llama/Meta-Llama-3-8B", revision="8cde5ca8380496c9a6cc7ef3a8b46a0372a1d920", panels=("lbl",), licence="llama3", parameters=7504924672, num_blocks=32, hidden_size=4096, max_length=8192),
    *(
        ModelSpec(name=f"LLM2Vec-Llama-3-8B-{kind}", id=f"McGill-NLP/LLM2Vec-Meta-Llama-3-8B-Instruct-{kind}", family=DECODER, revision=revision, panels=("lbl",), pooling="mean", licence="mit", parameters=7504924672, num_blocks=32, hidden_size=4096, max_length=8192, custom_code=True, sibling="Llama-3-8B", note="a LoRA adapter: merge it with peft and give the merged folder")
        for kind, revision in (
            ("mntp", "31474e395ada192e8ed1586db6be79fb3b70c9c0"),
            ("mntp-supervised", "baa8ebf04a1c2500e61288e7dad65e8ae42601a7"),
            ("mntp-unsup-simcse", "1cb7b735326d13a8541db8f57f35da5373f5e9c6"),
        )
    ),
    *(
        _base_lm(name=f"pythia-{size}", id=f"EleutherAI/pythia-{size}", revision=revision, panels=("lbl",), revisions=(*(f"step{step}" for step in _PYTHIA_STEPS), "main"), licence="apache-2.0", parameters=parameters, num_blocks=blocks, hidden_size=width, max_length=2048)
        for size, parameters, blocks, width, revision in _PYTHIA
    ),
    *(
        ModelSpec(name=f"mamba-{size}", id=f"state-spaces/mamba-{size}-hf", family=STATE_SPACE, revision=revision, panels=("lbl",), pooling="lasttoken", licence="apache-2.0", parameters=parameters, num_blocks=blocks, hidden_size=width)
        for size, parameters, blocks, width, revision in _MAMBA
    ),
)
_PICTURES = (
    _patches(name="vit-base-patch16-224-in21k", id="google/vit-base-patch16-224-in21k", revision="b4569560a39a0f1af58e3ddaf17facf20ab919b0", licence="apache-2.0", parameters=86389248),
    _patches(name="vit-mae-base", id="facebook/vit-mae-base", revision="25b184bea5538bf5c4c852c79d221195fdd2778d", licence="apache-2.0", parameters=85798656, note="trained to fill in hidden patches; nothing is hidden here"),
    _patches(name="deit-base-distilled-patch16-224", id="facebook/deit-base-distilled-patch16-224", revision="155831199e645cc8ec9ace65a38ff782be6217e1", licence="apache-2.0", parameters=86390784),
    _patches(name="beit-base-patch16-224-pt22k", id="microsoft/beit-base-patch16-224-pt22k", licence="apache-2.0", parameters=85666128),
    _patches(name="dinov2-base-patch14", id="facebook/dinov2-base", revision="f9e44c814b77203eaa57a6bdbbd535f21ede1415", licence="apache-2.0", parameters=86580480),
    _vision(name="dinov2-large-patch14", id="facebook/dinov2-large", revision="47b73eefe95e8d44ec3623f8890bd894b6ea2d6c", licence="apache-2.0", parameters=304368640, num_blocks=24, hidden_size=1024),
    _patches(name="dinov2-with-registers-base", id="facebook/dinov2-with-registers-base", revision="a1d738ccfa7ae170945f210395d99dde8adb1805", licence="apache-2.0", parameters=86583552),
    _vision(name="dinov3-vits16", id="facebook/dinov3-vits16-pretrain-lvd1689m", revision="114c1379950215c8b35dfcd4e90a5c251dde0d32", licence="dinov3-license", parameters=21596544, num_blocks=12, hidden_size=384),
    _patches(name="dinov3-vitb16", id="facebook/dinov3-vitb16-pretrain-lvd1689m", revision="5931719e67bbdb9737e363e781fb0c67687896bc", licence="dinov3-license", parameters=85660416),
    _patches(name="clip-vit-base-patch16", id="openai/clip-vit-base-patch16", revision="57c216476eefef5ab752ec549e440a49ae4ae5f3", licence="not stated", parameters=85799424, note="the vision tower alone"),
    _vision(name="clip-vit-large-patch14", id="openai/clip-vit-large-patch14", revision="32bd64288804d66eefd0ccbe215aa642df71cc41", licence="not stated", parameters=303179776, num_blocks=24, hidden_size=1024, note="the vision tower alone"),
    _patches(name="siglip-base-patch16-224", id="google/siglip-base-patch16-224", revision="7fd15f0689c79d79e38b1c2e2e2370a7bf2761ed", licence="apache-2.0", parameters=92884224, note="the vision tower alone"),
    _vision(name="aimv2-large-patch14-224-lit", id="apple/aimv2-large-patch14-224-lit", licence="apple-amlr", parameters=312345600, num_blocks=24, hidden_size=1024, note="the vision tower alone, trained by predicting what follows; stands for AIM, which is not in transformers"),
    ModelSpec(name="imagegpt-small", id="openai/imagegpt-small", family=DECODER, modality="image", pooling="mean", licence="apache-2.0", parameters=76420096, num_blocks=24, hidden_size=512, note="one colour after the other, 32 x 32 pixels; stands for AIM, which is not in transformers"),
)
_SPEECH = (
    _waves(name="wav2vec2-base", id="facebook/wav2vec2-base", revision="0b5b8e868dd84f03fd87d01f9c4ff0f080fecfe8", licence="apache-2.0", parameters=94371712),
    _waves(name="hubert-base-ls960", id="facebook/hubert-base-ls960", revision="dba3bb02fda4248b6e082697eee756de8fe8aa8a", licence="mit", parameters=94371712),
    _waves(name="wavlm-base", id="microsoft/wavlm-base", revision="efa81aae7ff777e464159e0f877d54eac5b84f81", licence="mit", parameters=94381936),
    _waves(name="wavlm-base-plus", id="microsoft/wavlm-base-plus", revision="4c66d4806a428f2e922ccfa1a962776e232d487b", licence="mit", parameters=94381936),
    _waves(name="ast-audioset", id="MIT/ast-finetuned-audioset-10-10-0.4593", revision="f826b80d28226b62986cc218e5cec390b1096902", licence="bsd-3-clause", parameters=86187264, note="trained to name sounds of every kind; patches of a spectrogram"),
    _speech(name="whisper-tiny", id="openai/whisper-tiny", revision="169d4a4341b33bc18d8881c4b69c2e104e1cc0af", licence="apache-2.0", parameters=8208384, num_blocks=4, hidden_size=384),
    _speech(name="whisper-base", id="openai/whisper-base", revision="e37978b90ca9030d5170a5c07aadb050351a65bb", licence="apache-2.0", parameters=20590592, num_blocks=6, hidden_size=512),
    _speech(name="whisper-small", id="openai/whisper-small", revision="973afd24965f72e36ca33b3055d56a652f456b4d", licence="apache-2.0", parameters=88154112, num_blocks=12, hidden_size=768),
)
_PACKS = (
    _encoder(name="paraphrase-MiniLM-L3-v2", id="pack:paraphrase-MiniLM-L3-v2", pack="paraphrase-MiniLM-L3-v2", panels=("pack",), pooling="mean", licence="apache-2.0", parameters=17389824, num_blocks=3, hidden_size=384, max_length=128, note="weights read back from an ONNX export"),
    _encoder(name="multilingual-e5-small", id="pack:multilingual-e5-small", pack="multilingual-e5-small", panels=("pack",), pooling="mean", prompt=_E5_QUERY, licence="mit", parameters=117653760, num_blocks=12, hidden_size=384, note="weights dequantised from 4 bit (Q4_0)"),
    _base_lm(name="SmolLM2-135M-Instruct", id="pack:SmolLM2-135M-Instruct", pack="SmolLM2-135M-Instruct", panels=("pack",), licence="apache-2.0", parameters=134515008, num_blocks=30, hidden_size=576, max_length=8192, note="weights dequantised from GGUF Q4_1"),
    _base_lm(name="gemma-3-270m", id="pack:gemma-3-270m", pack="gemma-3-270m", panels=("pack",), licence="gemma", parameters=268098176, num_blocks=18, hidden_size=640, max_length=32768, note="weights dequantised from GGUF Q4_K_M"),
    ModelSpec(name="typeseg-mamba", id="pack:typeseg-mamba", family=STATE_SPACE, pack="typeseg-mamba", panels=("pack",), pooling="mean", licence="apache-2.0", parameters=1355040, num_blocks=6, hidden_size=256, note="bytes in, reads in both directions; trained to tell content types apart"),
    _vision(name="dinov2-small", id="pack:dinov2-small", pack="dinov2-small", panels=("pack",), licence="mit", parameters=22056576, num_blocks=12, hidden_size=384, note="weights read back from an ONNX export inside a saliency model, so that they may have been tuned for saliency; 224 x 224 pixels"),
    _encoder(name="splade-tiny", id="pack:splade-tiny", pack="splade-tiny", panels=("pack",), pooling="mean", licence="apache-2.0", parameters=4369408, num_blocks=2, hidden_size=128, max_length=512, note="trained for sparse vectors of words (SPLADE); its blocks are read, without the head that makes those"),
    _speech(name="whisper-tiny.en", id="pack:whisper-tiny.en", pack="whisper-tiny.en", panels=("pack",), licence="mit", parameters=8208384, num_blocks=4, hidden_size=384, note="the encoder alone; weights read back from CTranslate2, in half precision"),
)
# fmt: on
CATALOGUE = (*_LRD_ENCODERS, *_LRD_DECODERS, *_LRD_BASE_LMS, *_LBL, *_PICTURES, *_SPEECH, *_PACKS)

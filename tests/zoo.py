"""Tiny models with random weights of every model type of transformers that reads text.

Most types are built by rules on the names of their settings; what rules cannot guess stands in
SPECIAL. A new version of transformers that renames a setting shows here first.
"""
# ruff: noqa: E501

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import CONFIG_MAPPING

from tests.tiny import VOCAB_SIZE, tiny_tokenizer

WIDTH, DEPTH, HEADS, KEY_HEADS, HEAD_WIDTH = 64, 4, 4, 2, 16
_TOO_LARGE = 30_000_000
_ENCODERS_ALONE = ("mt5", "t5", "umt5")

# fmt: off
_RULES: tuple[tuple[str, Any], ...] = (
    (r"vocab_size|n_words|vocab_size_or_config_json_file", VOCAB_SIZE),
    (r"hidden_size|d_model|n_embd|dim|emb_dim|d_embed|model_dim|embed_dim|word_embed_size|token_dim", WIDTH),
    (r"(moe_|shared_expert_|expert_|dense_|attn_|moe_shared_|shared_|prefix_dense_)?intermediate_size(_mlp)?", WIDTH),
    (r"d_ff|(encoder_|decoder_)?ffn_dim|n_inner|hidden_dim|dim_ff|inner_dim|d_inner|ffn_hidden_size", WIDTH),
    (r"mlp_hidden_size|(moe_)?ffn_hidden_size|dim_feedforward|expert_ffn_hidden_size|zero_ffn", WIDTH),
    (r"num_hidden_layers|n_layers?|num_layers|(encoder|decoder)_layers|num_(encoder|decoder)_layers", DEPTH),
    (r"(encoder|decoder)_num_layers", DEPTH),
    (r"num_attention_heads|n_heads?|num_heads|(num_)?(encoder|decoder)_attention_heads", HEADS),
    (r"num_key_value_heads|num_kv_heads|n_kv_heads", KEY_HEADS),
    (r"head_dim|d_kv|attention_head_dim|v_head_dim|global_head_dim|kv_channels|attention_head_size", HEAD_WIDTH),
    (r"q_lora_rank|kv_lora_rank|o_lora_rank", 16),
    (r"qk_rope_head_dim|qk_nope_head_dim|rotary_dim", 8),
    (r"num_experts|n_routed_experts|num_local_experts|moe_num_experts|num_routed_experts", 4),
    (r"num_experts_per_tok(en)?|moe_topk|top_k_experts|moe_k", 2),
    (r"n_group|topk_group|num_expert_groups?|n_shared_experts|num_shared_experts|moe_num_shared_experts", 1),
    (r"max_position_embeddings|n_positions|max_seq_len|max_sequence_length|n_ctx|seq_length|context_length", 256),
    (r"max_(target|source)_positions|max_(encoder|decoder)_position_embeddings", 256),
    (r"sliding_window|attention_window_size", 8),
    (r"embedding_size|embedding_dim", WIDTH),
    (r"mamba_d_state|state_size|ssm_state_size|mamba_state_dim", 8),
    (r"mamba_n_heads|mamba_num_heads", 4), (r"mamba_d_head|mamba_head_dim", 32),
    (r"mamba_n_groups|n_groups|mamba_ngroups", 1), (r"mamba_chunk_size|chunk_size|mamba_chunk", 16),
    (r"linear_num_value_heads", 4), (r"linear_num_key_heads", 2), (r"linear_(key|value)_head_dim", 16),
    (r"num_nextn_predict_layers|num_mtp_layers|mtp_num_hidden_layers", 0),
    (r"hidden_dropout.*|attention_dropout|dropout|(resid|embd|attn)_pdrop|attention_probs_dropout_prob", 0.0),
    (r"activation_dropout|((encoder|decoder)_)?layerdrop|dropout_rate", 0.0),
    (r"pad_token_id", 0), (r"bos_token_id", 1), (r"eos_token_id", 2),
    (r"(decoder_start|cls|forced_bos)_token_id", 1), (r"(sep|forced_eos)_token_id", 2),
)
# fmt: on
_MAY_BE_UNSET = frozenset(
    (
        *("head_dim", "n_inner", "sliding_window", "rotary_dim", "num_key_value_heads"),
        *("cls_token_id", "sep_token_id", "forced_bos_token_id", "q_lora_rank"),
    )
)
_VISION = {
    "num_hidden_layers": 2,
    "encoder_layers": 2,
    "num_layers": 2,
    "depth": 2,
    "out_hidden_size": WIDTH,
    "image_size": 32,
    "patch_size": 8,
}

SPECIAL: dict[str, dict[str, Any]] = {}
"""What the rules cannot guess; `_text_config` holds what belongs into that part; LEFT_OUT takes a
setting away, and a function is given the number of layers."""

LEFT_OUT = object()


def _special(*model_types: str, **settings: Any) -> None:
    for model_type in model_types:
        SPECIAL.setdefault(model_type, {}).update(settings)


def _alternate(first: str, second: str) -> Callable[[int], list[str]]:
    return lambda n: [second if layer % 2 else first for layer in range(n)]


def _rope(**more: Any) -> dict[str, Any]:
    return {"rope_type": "default", "rope_theta": 1e4, **more}


_SLIDING = _alternate("sliding_attention", "full_attention")
# fmt: off
_special("dbrx", attn_config={"clip_qkv": 8.0, "kv_n_heads": 2, "rope_theta": 1e4}, ffn_config={"ffn_hidden_size": WIDTH, "moe_num_experts": 4, "moe_top_k": 2, "hidden_size": WIDTH}, n_heads=4, d_model=WIDTH, n_layers=lambda n: n, max_seq_len=256)
_special("mamba2", num_heads=4, head_dim=32, expand=2, state_size=8, n_groups=1)
_special("falcon_h1", mamba_d_head=32, mamba_n_heads=4, mamba_d_ssm=128, mamba_d_state=8, mamba_n_groups=1)
_special("esmc", num_key_value_heads=4)
_special("gpt_neo", attention_types=lambda n: [[["global", "local"], n // 2]], window_size=8)
_special("hunyuan_v1_dense", "hunyuan_v1_moe", "hunyuan_vl_text", "ministral", "cohere_compass_text", "mistral4", "nemotron", head_dim=16)
_special("ministral", layer_types=_SLIDING)
_special("nemotron", num_key_value_heads=2)
_special("mistral4", num_key_value_heads=4)
_special("mpt", resid_pdrop=0.0, emb_pdrop=0.0, n_heads=4, d_model=WIDTH)
_special("lfm2_moe", layer_types=_alternate("conv", "full_attention"), num_dense_layers=1)
_special("lfm2", layer_types=_alternate("conv", "full_attention"))
_special("luke", entity_vocab_size=20, entity_emb_size=16)
_special("reformer", axial_pos_shape=(8, 32), axial_pos_embds_dim=(16, 48), attn_layers=lambda n: ["local", "lsh"] * (n // 2), num_buckets=4, feed_forward_size=64, lsh_attn_chunk_length=16, local_attn_chunk_length=16, lsh_num_chunks_after=0, attention_head_size=16, is_decoder=False, hash_seed=0)
_special("zamba", attention_head_dim=32, attn_layer_period=2, attn_layer_offset=1, n_mamba_heads=2, mamba_d_state=8, mamba_dt_rank=4, intermediate_size=64, num_key_value_heads=4, attention_hidden_size=128, num_hidden_layers=lambda n: 6)
_special("zamba2", layers_block_type=_alternate("mamba", "hybrid"), mamba_d_state=8, n_mamba_heads=4, mamba_headdim=32, mamba_ngroups=1, chunk_size=16, attention_head_dim=32, num_key_value_heads=4, num_mem_blocks=1)
_special("zaya", num_experts_per_tok=1)
_GEMMA3N = {"num_kv_shared_layers": 2, "layer_types": _SLIDING, "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": VOCAB_SIZE, "laurel_rank": 4, "altup_num_inputs": 2, "activation_sparsity_pattern": lambda n: [0.0] * n}
_GEMMA4 = {"num_kv_shared_layers": 0, "layer_types": _SLIDING, "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": VOCAB_SIZE, "head_dim": 16, "global_head_dim": 16, "num_key_value_heads": 2}
_special("gemma3n_text", **_GEMMA3N)
_special("gemma4_text", "gemma4_unified_text", **_GEMMA4)
_special("gemma4", "gemma4_unified", _text_config=_GEMMA4 | {"num_experts": None})
_special("gemma3", _text_config={"layer_types": _SLIDING})
_special("gemma3_text", layer_types=_SLIDING)
_special("embedding_gemma2_text", hidden_size_per_layer_input=8, head_dim=16, num_key_value_heads=2, layer_types=_SLIDING, embedding_dim=48)
_special("cosmos3_edge_text", num_attention_heads=4, head_dim=16, rope_parameters=_rope(mrope_section=[4, 2, 2]))
_special("glm5_next_text", num_key_value_heads=4, qk_rope_head_dim=0, qk_nope_head_dim=16, index_topk=16, index_head_dim=16, index_n_heads=2, linear_head_dim=16, linear_num_heads=4, head_dim=0, mlp_layer_types=lambda n: ["dense"] + ["sparse"] * (n - 1))
_special("neomme", embedding_rank=16, embedding_dim=32, layer_types=lambda n: ["sliding_attention"] * (n - 1) + ["full_attention"])
_special("qwen4_exp_text", layer_types=_alternate("linear_attention", "indexed_attention"), hc_count=2, hc_lowrank=8, indexer_n_heads=2, indexer_kv_heads=1, indexer_head_dim=16, indexer_budget=16, indexer_compress_ratio=2, ple_layer_ids=[])
_special("blt", patch_in_forward=False, encoder_hash_byte_group_vocab=100, **{part: {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 16, "vocab_size": 99, "hidden_size_global": 64, "max_position_embeddings": 256} for part in ("patcher_config", "encoder_config", "decoder_config")}, global_config={"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 16, "max_position_embeddings": 256})
_special("inkling_text", "inkling2_text", swa_num_attention_heads=4, swa_num_key_value_heads=2, swa_head_dim=16, sliding_window_size=8, rel_extent=32)
_special("muse_spark_text", moe_hidden_size=WIDTH)
_special("longcat_flash", zero_expert_num=4)
_special("longformer", "led", attention_window=lambda n: [32] * n)
_special("git", _vision_config={"hidden_size": 64, "num_hidden_layers": 2, "image_size": 32, "patch_size": 8, "intermediate_size": 64, "num_attention_heads": 4, "projection_dim": 64})
_special("git", vocab_size=VOCAB_SIZE, hidden_size=WIDTH, num_hidden_layers=lambda n: n, num_attention_heads=4, intermediate_size=WIDTH, max_position_embeddings=256)
_special("axk1", "axk2", "deepseek_v2", "deepseek_v3", "deepseek_v32", "glm4_moe_lite", "glm_moe_dsa", "longcat_flash", "minicpm3", "mistral_large4_text", "youtu", "kimi_linear", "bailing_hybrid", head_dim=8, num_key_value_heads=4)
_special("longcat_flash", num_layers=lambda n: n // 2 * 2)
_special("kimi_linear", linear_num_heads=4, linear_head_dim=16)
_special("kimi_linear", "bailing_hybrid", layer_types=_alternate("linear_attention", "full_attention"))
_special("glm4v_moe_text", "glm4v_text", "glm_image_text", "glm_ocr_text", "qwen2_5_vl_text", "qwen2_vl_text", rope_parameters=_rope(mrope_section=[4, 2, 2]))
_special("glm4v_moe_text", rope_parameters=_rope(mrope_section=[2, 1, 1], partial_rotary_factor=0.5))
_special("qwen2_vl", "qwen2_5_vl", "glm4v", _text_config={"rope_parameters": _rope(mrope_section=[4, 2, 2])})
_special("hunyuan_vl_text", rope_parameters=_rope(xdrope_section=[2, 2, 2, 2]))
_special("jamba", attn_layer_period=2, attn_layer_offset=1, expert_layer_period=2, expert_layer_offset=1, mamba_d_state=8, mamba_dt_rank=4)
_special("bamba", attn_layer_indices=lambda n: list(range(1, n, 2)))
_special("granitemoehybrid", layer_types=_alternate("mamba", "attention"))
_special("xlstm", chunk_size=16, qk_dim_factor=1.0, v_dim_factor=1.0, hidden_size=64, num_heads=4, mode="inference")
_special("led", max_encoder_position_embeddings=1024)
_special("xmod", default_language="en_XX")
_special("squeezebert", embedding_size=64, q_groups=4, k_groups=4, v_groups=4, intermediate_groups=4, output_groups=4)
_special("xlnet", d_head=16)
_special("cohere_compass_text", rope_parameters={"full_attention": _rope(), "sliding_attention": _rope()})
_special("dots3_note_text", head_dim=16, q_lora_rank=16, kv_lora_rank=16, num_attention_heads=4, num_key_value_heads=4, n_routed_experts=4, per_layer_config={}, layer_types=_alternate("sliding_attention", "indexed_attention"), mlp_layer_types=lambda n: ["dense"] + ["sparse"] * (n - 1), shared_experts_intermediate_size=64, index_topk=256, index_head_dim=16, index_n_heads=2)
_special("canine", num_hash_buckets=64, upsampling_kernel_size=4, downsampling_rate=4, local_transformer_stride=16, type_vocab_size=4)
_special("perceiver", num_latents=8, d_latents=32, d_model=64, num_blocks=1, num_self_attends_per_block=4, num_self_attention_heads=4, num_cross_attention_heads=4, qk_channels=32, v_channels=32)
_special("lilt", channel_shrink_ratio=4, max_2d_position_embeddings=128, hidden_size=96)
# fmt: on


def zoo_config(model_type: str, **more: Any) -> Any:
    """A tiny configuration of this type."""
    kind = CONFIG_MAPPING[model_type]
    default = kind()
    special = SPECIAL.get(model_type, {})
    parts = {
        name: _part(name, getattr(default, name), special)
        for name in (getattr(kind, "sub_configs", None) or {})
        if getattr(default, name, None) is not None and name not in ("attn_config", "ffn_config")
    }
    settings = _by_rules(default)
    if parts:
        tokens = ("pad_token_id", "bos_token_id", "eos_token_id")
        settings = {key: settings[key] for key in tokens if key in settings} | parts
    settings |= {key: value for key, value in special.items() if not key.startswith("_")} | more
    return kind(**{key: _sized(v) for key, v in settings.items() if v is not LEFT_OUT})


def zoo_model(model_type: str, seed: int = 0, head: bool = False, **more: Any) -> torch.nn.Module:
    """A tiny model with random weights, norms and biases included, in eval mode.

    Raises: ValueError if rules and exceptions leave it large.
    """
    config = zoo_config(model_type, **more)
    auto = transformers.AutoModelForCausalLM if head else transformers.AutoModel
    if model_type in _ENCODERS_ALONE:
        auto = transformers.AutoModelForTextEncoding
    with torch.device("meta"):
        size = sum(parameter.numel() for parameter in auto.from_config(config).parameters())
    if size > _TOO_LARGE:
        raise ValueError(f"{model_type} has {size:,} parameters; tell the zoo how to build it tiny")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = auto.from_config(config).float().eval().requires_grad_(False)
        for parameter in model.parameters():
            if parameter.is_floating_point():
                if not bool(parameter.isfinite().all()):
                    parameter.copy_(torch.randn_like(parameter) * 0.1)
                parameter.add_(0.05 * torch.randn_like(parameter))
    found: torch.nn.Module = model
    return found


def zoo_folder(model_type: str, folder: Path, **more: Any) -> torch.nn.Module:
    """Save such a model, with a tokenizer of characters, as transformers would; returns it."""
    model = zoo_model(model_type, **more)
    model.save_pretrained(folder)  # type: ignore[operator]
    tiny_tokenizer().save_pretrained(folder)
    return model


def _part(name: str, default: Any, special: dict[str, Any]) -> dict[str, Any]:
    """The settings of one part of a configuration, such as its text model's."""
    settings = _by_rules(default) | special.get(f"_{name}", {})
    if name != "text_config":
        settings |= {key: value for key, value in _VISION.items() if hasattr(default, key)}
    sized = {key: _sized(value) for key, value in settings.items()}
    return {"model_type": type(default).model_type} | sized


def _by_rules(default: Any) -> dict[str, Any]:
    declared = default.to_dict()
    found: dict[str, Any] = {}
    for name in sorted(set(declared) | set(vars(default))):
        rule = next((value for words, value in _RULES if re.fullmatch(words, name)), None)
        if rule is None:
            continue
        try:
            now = getattr(default, name, None)
        except Exception:  # configurations that differ by layer refuse to say one value
            now = declared.get(name)
        unset = now is None and name in _MAY_BE_UNSET
        if not unset and not isinstance(now, (list, tuple, dict)):
            found[name] = float(rule) if isinstance(now, float) else rule
    return found


def _sized(value: Any) -> Any:
    return value(DEPTH) if callable(value) else value

"""A tiny decoder made to have a sink: its first token's norm explodes in the second block."""

from pathlib import Path

import torch

from tests.tiny import tiny_model, tiny_tokenizer

START = 1
"""Id of the token that begins every text."""


def sink_folder(folder: Path) -> Path:
    """A Llama of four random blocks, saved as transformers saves it.

    Dimension 0 belongs to the start token alone: no other embedding has it and no block writes it.
    The second block turns it into one huge entry of dimension 1.
    """
    model = tiny_model("llama", num_layers=4)
    with torch.no_grad():
        embeddings = model.get_input_embeddings().weight
        embeddings[:, 0] = 0
        embeddings[START] = 0
        embeddings[START, 0] = 1
        for block in model.layers:
            block.self_attn.o_proj.weight[0] = 0
            block.mlp.down_proj.weight[0] = 0
        mlp = model.layers[1].mlp
        for projection in (mlp.gate_proj, mlp.up_proj):
            projection.weight[0] = 0
            projection.weight[0, 0] = 8
        mlp.down_proj.weight[:, 0] = 0
        mlp.down_proj.weight[1, 0] = 1
    model.save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder

"""Llama 3.1 405B from its sizes -> the cost of its text sheet in (import + build + one meta forward), and the memory.

python -m benchmarks.llama_405b
Each side runs in a process of its own; times are the processor's.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

SIZES = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 126, "hidden_size": 16384,
    "num_attention_heads": 128, "num_key_value_heads": 8, "intermediate_size": 53248, "vocab_size": 128256,
}  # fmt: skip


def bare(folder: str) -> None:
    """What nobody can do without: import, build, one forward."""
    import torch

    from boardwork.targets.build import library

    transformers = library("transformers")
    with torch.device("meta"), torch.no_grad():
        model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(folder))
        # with a mask ready-made: to make one, transformers looks at values, which meta has not
        model(torch.zeros(1, 128, dtype=torch.int64), attention_mask=torch.zeros(1, 1, 128, 128), use_cache=False)


def sheet(folder: str) -> None:
    """What `boardwork draw hf:DIR -o sheet.txt` does."""
    from boardwork import draw

    draw(f"hf:{folder}").save(str(Path(folder, "sheet.txt")))


def measured(side: str, folder: str) -> tuple[float, float]:
    """(seconds, MiB at most) of `side` in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.llama_405b", side, folder]
    seconds, kilobytes = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return seconds, kilobytes / 1024


def main() -> None:
    if len(sys.argv) > 1:
        {"bare": bare, "sheet": sheet}[sys.argv[1]](sys.argv[2])
        print(json.dumps([process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(SIZES), encoding="utf-8")
        (needed, _), (taken, memory) = measured("bare", folder), measured("sheet", folder)
        words = Path(folder, "sheet.txt").read_text(encoding="utf-8").splitlines()[0]
    print(f"{words}: sheet {taken / needed:.2f} x (import + build + one meta forward), {memory:.0f} MiB at most")


if __name__ == "__main__":
    main()

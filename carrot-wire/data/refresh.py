#!/usr/bin/env python3
"""Rewrites model-prices.tsv and LICENSE-litellm from a LiteLLM wheel.

    pip download --no-deps litellm -d /tmp/wheel && python3 refresh.py /tmp/wheel/litellm-*.whl

Only per-token costs of models that read or write text are taken, in USD per million tokens. A price
that is not given stays empty; a model that costs nothing is left out, because there zero mostly means
"not known". `long_*` holds for calls with more than `long_from` input tokens.
"""

import json
import re
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

TABLE = "litellm/model_prices_and_context_window_backup.json"
MODES = {"chat", "completion", "responses", "embedding"}
COSTS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "reasoning": "output_cost_per_reasoning_token",
}
LONG = ["input", "output", "cached", "cache_write"]
COLUMNS = ["model", *COSTS, "long_from", *(f"long_{name}" for name in LONG)]


def per_million(cost):
    if not isinstance(cost, (int, float)):
        return ""
    return f"{(Decimal(str(cost)) * 1_000_000).normalize():f}"


def row(model, entry):
    cells = {name: per_million(entry.get(key)) for name, key in COSTS.items()}
    pattern = re.compile(r"(?:input|output)_cost_per_token_above_(\d+)k_tokens")
    steps = [int(found[1]) for key in entry if (found := pattern.fullmatch(key))]
    if steps:
        step = min(steps)
        cells["long_from"] = str(step * 1000)
        for name in LONG:
            cells[f"long_{name}"] = per_million(entry.get(f"{COSTS[name]}_above_{step}k_tokens"))
    return "\t".join([model, *(cells.get(name, "") for name in COLUMNS[1:])]).rstrip("\t")


def main(wheel):
    version = Path(wheel).name.split("-")[1]
    with zipfile.ZipFile(wheel) as files:
        table = json.loads(files.read(TABLE))
        licence = next(n for n in files.namelist() if n.endswith("dist-info/licenses/LICENSE"))
        licence = files.read(licence).decode()
    rows = [
        row(model, entry)
        for model, entry in table.items()
        if entry.get("mode") in MODES
        and model.isprintable()
        and any(entry.get(COSTS[name]) for name in ("input", "output"))
    ]
    head = f"# LiteLLM {version}, MIT (LICENSE-litellm); USD per million tokens; see refresh.py"
    here = Path(__file__).parent
    rows.sort(key=lambda it: it.split("\t")[0].encode())
    text = "\n".join([head, "\t".join(COLUMNS), *rows, ""])
    (here / "model-prices.tsv").write_text(text, encoding="utf-8")
    (here / "LICENSE-litellm").write_text(licence, encoding="utf-8")
    print(f"{len(rows)} models from LiteLLM {version}")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Runs the LiteLLM proxy on a free port, until standard input is closed."""

import os
import pathlib
import socket
import threading


def end_with_parent():
    while os.read(0, 1024):
        pass
    os._exit(0)


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
# Where its models that are asked by HTTP are: here.
os.environ["CARROT_LITELLM_SELF"] = f"http://127.0.0.1:{port}/v1"
# No prices from the network, and no proxy between it and itself.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
threading.Thread(target=end_with_parent, daemon=True).start()

from litellm import run_server  # noqa: E402, since it reads the environment

config = pathlib.Path(__file__).with_name("config.yaml")
run_server(["--config", str(config), "--host", "127.0.0.1", "--port", str(port)])

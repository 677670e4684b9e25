"""Models on the Hugging Face Hub, by huggingface_hub: the extra `hub`.

A repository holds `model.keras`, the model with its training state, and `README.md`,
its card. A downloaded file is read by the same rules as any other, see docs/safety.md.
"""

import re
import tempfile
from pathlib import Path

from ganzoo.utils.extras import extra

PREFIX = "hf://"
MODEL, CARD = "model.keras", "README.md"
_ADDRESS = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")


def repository(address: str) -> tuple[str, str | None]:
    """Splits `owner/name` or `owner/name@revision`, with or without `hf://`.

    Raises:
        ValueError: another form.
    """
    match = _ADDRESS.fullmatch(address.removeprefix(PREFIX))
    if not match:
        raise ValueError(
            "A model on the hub is named hf://owner/name or hf://owner/name@revision. "
            f"Received: {address!r}."
        )
    return match[1], match[2]


def fetch(address: str, endpoint: str | None = None) -> Path:
    """Downloads a model, or finds it in the hub's own cache.

    Args:
        address: see `repository`.
        endpoint: address of another hub; by default `HF_ENDPOINT`.

    Returns:
        Path of its .keras file.

    Raises:
        ValueError: a malformed address, an unknown repository, or one without a model.
        ConnectionError: the hub does not answer and the cache does not have the model.
        ImportError: huggingface_hub is missing.
    """
    name, revision = repository(address)
    hub = _package()
    try:
        path = hub.hf_hub_download(name, MODEL, revision=revision, endpoint=endpoint)
    except hub.errors.LocalEntryNotFoundError as error:
        raise ConnectionError(
            f"{PREFIX}{name} is not in the cache, and the hub does not answer. "
            "Connect, or load a model from a file."
        ) from error
    except hub.errors.HfHubHTTPError as error:
        raise ValueError(
            f"{PREFIX}{name} cannot be loaded: it must be a public repository, or one "
            f"that you have access to, with a {MODEL}. "
            f"Received: {str(error).splitlines()[0]}"
        ) from error
    return Path(path)


def push(
    model,
    address: str,
    card: str,
    *,
    private: bool = False,
    endpoint: str | None = None,
) -> str:
    """Uploads a model and its card in one commit; the repository is made if needed.

    Args:
        model: model to upload, with its training state.
        address: `owner/name`.
        card: its card, see `ganzoo.runs.model_card`.
        private: if True, make the repository private.
        endpoint: address of another hub; by default `HF_ENDPOINT`.

    Returns:
        Address of the commit.

    Raises:
        ValueError: a malformed address.
        ImportError: huggingface_hub is missing.
    """
    name, revision = repository(address)
    if revision:
        raise ValueError(f"A model is pushed to owner/name. Received: {address!r}.")
    hub = _package()
    api = hub.HfApi(endpoint=endpoint)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL
        model.save(path)
        api.create_repo(name, private=private, exist_ok=True)
        files = {MODEL: path, CARD: card.encode()}
        commit = api.create_commit(
            name,
            [hub.CommitOperationAdd(key, content) for key, content in files.items()],
            commit_message="A model of ganzoo",
        )
    return commit.commit_url


def _package():
    with extra("hub", "Models on the hub need huggingface_hub"):
        import huggingface_hub
        import huggingface_hub.errors
    return huggingface_hub

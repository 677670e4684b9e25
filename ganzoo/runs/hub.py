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
_ADDRESS = re.compile(r"(?!.*\.\.)(\w[\w.-]*/\w[\w.-]*)(?:@(\w[\w./-]*))?")


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
        card: its card, a text that is not empty, see `ganzoo.evaluation.model_card`.
        private: if True, make the repository private.
        endpoint: address of another hub; by default `HF_ENDPOINT`.

    Returns:
        Address of the commit.

    Raises:
        ValueError: a malformed address, or no card.
        ConnectionError: the hub does not answer, or refuses.
        ImportError: huggingface_hub is missing.
    """
    name, revision = repository(address)
    if revision:
        raise ValueError(f"A model is pushed to owner/name. Received: {address!r}.")
    if not isinstance(card, str) or not card.strip():
        raise ValueError(
            "A model is pushed with a card, a text, such as that of "
            f"ganzoo.evaluation.model_card. Received: {card!r}."
        )
    hub = _package()
    api = hub.HfApi(endpoint=endpoint)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL
        model.save(path)
        files = {MODEL: path, CARD: card.encode()}
        added = [hub.CommitOperationAdd(key, content) for key, content in files.items()]
        try:
            api.create_repo(name, private=private, exist_ok=True)
            commit = api.create_commit(name, added, commit_message="A model of ganzoo")
        except hub.errors.HTTPError as error:  # of the client that the package uses
            raise ConnectionError(
                f"{PREFIX}{name} cannot be pushed: it needs a connection, and the "
                "token of an owner, by `hf auth login` or HF_TOKEN. "
                f"Received: {str(error).splitlines()[0]}"
            ) from error
    return commit.commit_url


def _package():
    with extra("hub", "Models on the hub need huggingface_hub"):
        import huggingface_hub
        import huggingface_hub.errors
    return huggingface_hub

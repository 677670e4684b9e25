"""TensorFlow's start, without the lines that it writes to standard error."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
SILENT = "3"
# Lines of TensorFlow's log below a fatal error, in both forms, and what goes with them.
_LOG = re.compile(
    rb"[IWE]\d{4} [\d:.]+ |\d{4}-\d\d-\d\d [\d:.]+: [IWE] |"
    rb"WARNING: All log messages before absl::|To enable the following instructions:"
)


def silence_tensorflow() -> None:
    """Silences the start of TensorFlow, whoever imports it first.

    Its first lines are written before it reads its own level of logging, so standard
    error is held back during the import. A level that the user has set, below 3 in
    `TF_CPP_MIN_LOG_LEVEL`, keeps every line.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds TensorFlow alone, with a loader that is quiet."""

    def find_spec(self, name, path=None, target=None) -> ModuleSpec | None:
        if name != "tensorflow" or os.environ.setdefault(LEVEL, SILENT) != SILENT:
            return None
        spec = PathFinder.find_spec(name)
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module):
        terminal = os.isatty(2)
        if terminal:  # it takes seconds
            os.write(2, b"loading TensorFlow\r")
        try:
            with without_log():
                super().exec_module(module)
        finally:
            if terminal:
                os.write(2, b"\x1b[K")  # clears the line


@contextmanager
def without_log() -> Iterator[None]:
    """Holds standard error back, with what libraries write there.

    At the end all but the lines of TensorFlow's log is let through; everything is, if
    the block fails. If the process crashes, Python's traceback gets through.
    """
    import faulthandler
    import tempfile

    try:
        original = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    watch = not faulthandler.is_enabled()
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        if watch:
            faulthandler.enable(original)
        hidden = re.compile(b"(?!)")  # nothing, unless all goes well
        try:
            yield
            hidden = _LOG
        finally:
            if watch:
                faulthandler.disable()
            os.dup2(original, 2)
            os.close(original)
            held.seek(0)
            for line in held:
                if not hidden.match(line):
                    os.write(2, line)

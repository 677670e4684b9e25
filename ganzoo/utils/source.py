"""Signatures and constants read from source, without an import of the module."""

import ast
import functools
import inspect
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
KEYWORD = inspect.Parameter.KEYWORD_ONLY
REST = inspect.Parameter.VAR_KEYWORD
EMPTY = inspect.Parameter.empty


class Source:
    """A module that is parsed, not run: importing it may take TensorFlow's seconds.

    Values are literals, or names of the module's own constants.

    Args:
        path: of the file.
    """

    def __init__(self, path):
        self.path = Path(path)
        tree = ast.parse(self.path.read_text("utf-8"))
        self.summary = _first_line(tree)
        self.functions = {
            node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)
        }
        self._classes = {
            node.name: node for node in tree.body if isinstance(node, ast.ClassDef)
        }
        self._constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def constant(self, name: str):
        """The value of a constant.

        Raises:
            ValueError: as `value`.
        """
        return self.value(self._constants[name])

    def summaries(self, table: str) -> dict[str, str]:
        """First lines of the docstrings of what a table of the module names.

        Args:
            table: a constant, a dict from strings to functions or classes of the file.
        """
        node = self._constants[table]
        known = {**self.functions, **self._classes}
        pairs = zip(node.keys, node.values, strict=True)
        return {key.value: _first_line(known[value.id]) for key, value in pairs}

    def value(self, node: ast.expr):
        """The value of an expression.

        Raises:
            ValueError: it is not a literal, with the file and line.
        """
        try:
            return ast.literal_eval(_WithConstants(self._constants).visit(node))
        except ValueError as error:
            raise ValueError(
                f"{self.path}, line {node.lineno}: a literal, or a constant of the "
                f"same file, is needed here. Received: {ast.unparse(node)}."
            ) from error

    def signature(
        self, function: str, kinds=(POSITIONAL, KEYWORD, REST)
    ) -> inspect.Signature:
        """The signature of a function, without annotations.

        Args:
            function: its name.
            kinds: of the parameters to read.

        Raises:
            ValueError: as `value`, for a default.
        """
        arguments = self.functions[function].args
        required = len(arguments.args) - len(arguments.defaults)
        defaults = [None] * required + arguments.defaults
        groups = [
            (POSITIONAL, arguments.args, defaults),
            (KEYWORD, arguments.kwonlyargs, arguments.kw_defaults),
            (REST, [arguments.kwarg] if arguments.kwarg else [], [None]),
        ]
        parameters = []
        for kind, names, nodes in groups:
            for name, node in zip(names if kind in kinds else (), nodes, strict=False):
                default = EMPTY if node is None else self.value(node)
                parameters.append(inspect.Parameter(name.arg, kind, default=default))
        return inspect.Signature(parameters)


def _first_line(node):
    return (ast.get_docstring(node) or "").partition("\n")[0]


class _WithConstants(ast.NodeTransformer):
    """Puts the expression of a constant where its name stands."""

    def __init__(self, constants):
        self.constants = constants

    def visit_Name(self, node):
        known = node.id in self.constants
        return self.visit(self.constants[node.id]) if known else node


@functools.cache
def source_of(module: str) -> Source:
    """The source of a module of ganzoo, such as `models.assemble`."""
    return Source(PACKAGE.joinpath(*module.split(".")).with_suffix(".py"))

"""The `ganzoo` command: one module for each group of commands."""

import io
import os
import sys

from absl import app, flags, logging
from absl.flags import argparse_flags

import ganzoo
from ganzoo.cli import comparisons, machine, runs, walks, zoo
from ganzoo.cli.flags import code_of, unknown_words

BROKEN_PIPE = 141
"""Exit code of a command whose reader left, as of one that SIGPIPE ended."""
GROUPS = (zoo, runs, walks, comparisons, machine)


def main():
    """Entry point of the console script."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal may not know all names
        sys.stdout.reconfigure(errors="backslashreplace")
    app.run(run, flags_parser=parse)


def command_line() -> argparse_flags.ArgumentParser:
    """The parser of all commands."""
    parser = argparse_flags.ArgumentParser(
        prog="ganzoo",
        description="The GAN model zoo for TensorFlow and Keras 3.",
        inherited_absl_flags=None,
    )
    version = f"ganzoo {ganzoo.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name, function):
        """Adds a command, described by the docstring of its function."""
        text = function.__doc__.splitlines()[0]
        command = commands.add_parser(
            name, help=text, description=text, inherited_absl_flags=None
        )
        command.set_defaults(function=function, parser=command)
        return command

    for group in GROUPS:
        group.add_commands(add)
    return parser


def parse(argv):
    """Parses the command line, with the program's name first."""
    parser = command_line()
    if "_ARGCOMPLETE" in os.environ:
        complete(parser)
    flags.FLAGS(argv[:1])  # absl's own flags keep their defaults
    args, unknown = parser.parse_known_args(argv[1:])
    if unknown:
        args.parser.error(unknown_words(args, unknown))
    return args


def complete(parser):
    """Completes a command line for the shell, and ends."""
    import argcomplete

    argcomplete.autocomplete(parser)


def run(args):
    """Runs the command; an error with a clear message ends it with one line."""
    logging.set_verbosity(logging.ERROR)  # TFDS logs each data set that it opens
    try:
        args.function(args)
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        sys.exit(code_of(stop))
    except BrokenPipeError:  # the reader, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)
    except (ValueError, RuntimeError, OSError, ImportError) as error:
        sys.exit(f"ganzoo: {error}")


if __name__ == "__main__":
    main()

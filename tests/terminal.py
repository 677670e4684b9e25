"""A stream that claims to be a terminal, for bars."""

import io
import re


class Terminal(io.StringIO):
    def isatty(self):
        return True

    @property
    def frames(self):
        """The frames that were drawn, in order."""
        return re.split(r"[\r\n]|\x1b\[A", self.getvalue())

    def last(self, word):
        """The last frame with a word."""
        return [frame for frame in self.frames if word in frame][-1]

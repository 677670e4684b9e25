"""Callbacks of training. One Keras epoch is one interval of the log."""

from ganzoo.training.callbacks.best_checkpoint import Selection as Selection
from ganzoo.training.callbacks.checkpoint import Checkpoint as Checkpoint
from ganzoo.training.callbacks.forecast import Forecast as Forecast
from ganzoo.training.callbacks.health import HealthMonitor as HealthMonitor
from ganzoo.training.callbacks.health import TrainingDiverged as TrainingDiverged
from ganzoo.training.callbacks.interruption import Halted as Halted
from ganzoo.training.callbacks.interruption import Interruption as Interruption
from ganzoo.training.callbacks.log import RunLog as RunLog
from ganzoo.training.callbacks.progress import Progress as Progress
from ganzoo.training.callbacks.samples import SampleGrid as SampleGrid

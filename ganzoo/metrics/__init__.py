"""Scores of generated samples: NumPy in, numbers out."""

from ganzoo.metrics.classifier_score import classifier_score as classifier_score
from ganzoo.metrics.differences import l1_distance as l1_distance
from ganzoo.metrics.frechet import Gaussian as Gaussian
from ganzoo.metrics.frechet import effective_rank as effective_rank
from ganzoo.metrics.frechet import fit_gaussian as fit_gaussian
from ganzoo.metrics.frechet import frechet_by_size as frechet_by_size
from ganzoo.metrics.frechet import frechet_distance as frechet_distance
from ganzoo.metrics.frechet import frechet_parts as frechet_parts
from ganzoo.metrics.images import mean_gradient as mean_gradient
from ganzoo.metrics.images import ms_ssim as ms_ssim
from ganzoo.metrics.images import ms_ssim_diversity as ms_ssim_diversity
from ganzoo.metrics.images import psnr as psnr
from ganzoo.metrics.images import ssim as ssim
from ganzoo.metrics.jackknife import GROUPS as GROUPS
from ganzoo.metrics.jackknife import jackknife_margin as jackknife_margin
from ganzoo.metrics.kernel import kernel_distance as kernel_distance
from ganzoo.metrics.kernel import kernel_distance_left_out as kernel_distance_left_out
from ganzoo.metrics.kernel import kernel_distances as kernel_distances
from ganzoo.metrics.kernel import kernel_subsets as kernel_subsets
from ganzoo.metrics.linear_svm import linear_svm_accuracy as linear_svm_accuracy
from ganzoo.metrics.matching import matching_accuracy as matching_accuracy
from ganzoo.metrics.memorisation import NoCell as NoCell
from ganzoo.metrics.memorisation import authenticity as authenticity
from ganzoo.metrics.memorisation import authenticity_of as authenticity_of
from ganzoo.metrics.memorisation import data_copying as data_copying
from ganzoo.metrics.memorisation import memorisation as memorisation
from ganzoo.metrics.memorisation import memorisation_of as memorisation_of
from ganzoo.metrics.memorisation import nearest_distances as nearest_distances
from ganzoo.metrics.mode_coverage import class_coverage as class_coverage
from ganzoo.metrics.mode_coverage import mode_coverage as mode_coverage
from ganzoo.metrics.ngrams import ngram_divergence as ngram_divergence
from ganzoo.metrics.parzen import PARZEN_SIGMAS as PARZEN_SIGMAS
from ganzoo.metrics.parzen import parzen_log_likelihood as parzen_log_likelihood
from ganzoo.metrics.parzen import parzen_log_likelihoods as parzen_log_likelihoods
from ganzoo.metrics.parzen import parzen_sigma as parzen_sigma
from ganzoo.metrics.prdc import precision_recall as precision_recall
from ganzoo.metrics.prdc import (
    precision_recall_left_out as precision_recall_left_out,
)
from ganzoo.metrics.sliced_wasserstein import monge_distance as monge_distance
from ganzoo.metrics.sliced_wasserstein import sliced_wasserstein as sliced_wasserstein
from ganzoo.metrics.strings import string_scores as string_scores
from ganzoo.metrics.two_sample import two_sample_accuracies as two_sample_accuracies
from ganzoo.metrics.two_sample import two_sample_accuracy as two_sample_accuracy

"""Vowpal Wabbit arguments beyond the typed ones: which a model may be given, and why the others are refused.

An argument is accepted if it changes only how weights are learned. Then the scoring kernel, which sees nothing but the
weights, predicts what Vowpal Wabbit would; a model saved and loaded goes on to the same bytes; and a log exported as
dsjson trains stock VW with the same arguments to the same weights. Tests hold each accepted one to all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

ACCEPTED = {  # argument -> whether a number follows
    "--initial_t": True,  # counts as many examples as seen before the first
    "--sgd": False,  # updates not scaled by the feature's history
    "--adaptive": False,  # updates scaled by past gradients only
    "--normalized": False,  # updates scaled by the feature's size only
    "--adax": False,  # the adaptive update with feature values capped at 1
    "--coin": False,  # coin betting: no learning rate to choose
    "--ftrl": False,  # follow the regularised leader, proximal
    "--ftrl_alpha": True,
    "--ftrl_beta": True,
}
UPDATES = {"--sgd", "--adaptive", "--normalized", "--adax", "--coin", "--ftrl"}  # at most one of these

_FIELD = "it is the field `{}` of this config"
_EXPLORES = "exploration is the policy's `exploration` and computed outside Vowpal Wabbit"
_HASHES = "the request path hashes as Vowpal Wabbit does without it"
_PREDICTS = "it changes what is predicted from the weights, which the scoring kernel would not know"
_MODELS = "it keeps several models in one table, and the scoring kernel sees one"
_RESUME = "a model saved with it does not go on to the same bytes"
_START = "weights that nobody learned must be 0, since only changes are published"
_FILES = "it reads, writes or sends something; the learner alone does that"
_ENDS = "it ends the process or takes it away"
_PASS = "it acts between passes, and a log is learned in one"

_ARGUMENTS = {  # why -> which, blank between
    _FIELD.format("learning_rate"): "-l --learning_rate",
    _FIELD.format("bits"): "-b --bit_precision",
    _FIELD.format("interactions"): "-q --quadratic --cubic --interactions",
    _FIELD.format("power_t"): "--power_t",
    _FIELD.format("cb_type"): "--cb_type",
    _FIELD.format("ignore_linear"): "--ignore_linear",
    _FIELD.format("l1"): "--l1",
    _FIELD.format("l2"): "--l2",
    _FIELD.format("constant"): "--noconstant",
    _FIELD.format("propensity_floor"): "--clip_p",
    _EXPLORES: "--epsilon --softmax --lambda --squarecb --gamma_scale --gamma_exponent --mellowness --first --regcb"
    " --regcbopt --synthcover --nounif --cb_explore_adf --cb_explore",
    _FIELD.format("hash"): "--hash",
    _FIELD.format("permutations"): "--permutations",
    _HASHES: "--hash_seed --chain_hash --dictionary --affix --spelling --ngram --skips --keep --ignore --feature_limit",
    _PREDICTS: "--min_prediction --max_prediction --loss_function --link --nn --lrq --stage_poly --OjaNewton --redefine"
    " --feature_mask --no_bias_regularization --cb_min_cost",
    _MODELS: "--bag --cover --rnd --automl --boosting --bootstrap --cb_dro",
    _RESUME: "--sparse_weights --sparse_l2 --invariant --freegrad --bfgs",
    _START: "--initial_weight --random_weights --random_positive_weights",
    _FILES: "-d --data -f --final_regressor -i --initial_regressor -c --cache --cache_file --extra_metrics --dsjson"
    " --json --readable_model --invert_hash -p --predictions",
    _ENDS: "--daemon --help -h --version --foreground --args --onethread",
    _PASS: "--passes --decay_learning_rate --holdout_off --early_terminate",
}
_REASONS = {name: reason for reason, names in _ARGUMENTS.items() for name in names.split()}


def refused(arguments: Sequence[str]) -> str | None:
    """Why these arguments cannot be served, or None if they can.

    >>> refused(["--initial_t", "5"])
    >>> refused(["--bag", "5"])
    '--bag is refused: it keeps several models in one table, and the scoring kernel sees one'
    """
    wanted = [*arguments, ""]
    number_due = False
    for argument, following in pairwise(wanted):
        if number_due:
            number_due = False
            continue
        if argument not in ACCEPTED:
            return f"{argument[:40]} is refused: {_reason(argument)}"
        number_due = ACCEPTED[argument]
        if number_due and not _is_number(following):
            return f"{argument} is followed by a number from 0 to 1000000, not {following[:40]!r}"
    names = [argument for argument in arguments if argument in ACCEPTED]
    if len(set(names)) < len(names):
        return "each argument stands once"
    if len(UPDATES.intersection(names)) > 1:
        return f"at most one of {', '.join(sorted(UPDATES))}"
    if {"--ftrl_alpha", "--ftrl_beta"}.intersection(names) and "--ftrl" not in names:
        return "--ftrl_alpha and --ftrl_beta come with --ftrl"
    return None


def _reason(argument: str) -> str:
    if "=" in argument and argument.partition("=")[0] in ACCEPTED:
        return "the number is a word of its own"
    name = argument.partition("=")[0]
    return _REASONS.get(name, "it is not known to change the update alone; accepted are " + ", ".join(ACCEPTED))


def _is_number(text: str) -> bool:
    try:
        return 0.0 <= float(text) <= 1e6
    except ValueError:
        return False

"""An audit for who watches it: of one signed answer, each check told as it ends.

Takes a way to open the model (an audit listens to its node, so each needs a connection of its own), the content store,
and a file of rounds proven before. Gives what `serving.page` streams. The answer's signature comes first: what nobody
signed for this model is not worth a replay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from andel.content import ContentStore
from andel.ledger.deployment import ModelContracts
from andel.roles.auditing.checkpoint import Checkpoint
from andel.roles.auditing.findings import Audit, Step, Verdict
from andel.roles.auditor import AuditOptions, audit
from andel.serving.page.audits import AuditOf, Tell
from andel.serving.prediction import Prediction, PredictionRefused, verify_prediction

_SIGNATURE = "the answer's signature"


def watched_audit(open_model: Callable[[], ModelContracts], store: ContentStore, checkpoint: Path) -> AuditOf:
    """What audits an answer and tells each check. It raises ChainError, ContentUnreachable, SettingsError."""

    def run(prediction: Prediction, tell: Tell) -> Mapping[str, Any]:
        model = open_model()
        try:
            failure = _judge_signature(model, prediction)
            if failure:
                tell(_SIGNATURE, Verdict.FAIL, failure)
                return Audit(failure=f"answer: {failure}").to_json()
            tell(_SIGNATURE, Verdict.PASS, f"signed by {prediction.signer}, an operator of the model")

            def told(step: Step) -> None:
                tell(step.name, step.verdict, step.detail)

            options = AuditOptions(checkpoint=Checkpoint(checkpoint), keep_reports=False, tell=told)
            return audit(model, store, prediction, options).to_json()
        finally:
            model.round_manager.chain.close()

    return run


def _judge_signature(model: ModelContracts, prediction: Prediction) -> str:
    """Why no operator of the model signed this answer; empty where one did."""
    operators = model.operators.of_epoch()
    signers = {operators.coordinator, *(validator.account for validator in operators.validators)}
    try:
        verify_prediction(prediction, model.round_manager.domain, signers)
    except PredictionRefused as refused:
        return refused.message
    return ""
